"""From a text to a list of tokens."""

import re
from typing import Literal

Level = Literal["char", "word"]

# A word keeps its inner apostrophes and hyphens (don't, time-traveller); any other sign is its own token.
_WORD = re.compile(r"\w+(?:['’\-]\w+)*|[^\w\s]")
_NOT_LETTERS = re.compile(r"[^A-Za-z]+")


def letters_only(text: str) -> str:
    """The text in lower case, every run of anything but a-z replaced by one space.

    At most 27 different characters remain, the setting of many character models (d2l's *The Time Machine*
    among them), so figures measured on it can be compared.

    Args:
        text: any text.

    Returns:
        The reduced text; ends that were no letters are cut off.
    """
    return _NOT_LETTERS.sub(" ", text).strip().lower()


def tokenize(text: str, level: Level = "char") -> list[str]:
    """Cut a text into tokens.

    Args:
        text: the text; its case and its line breaks are kept as they are.
        level: `"char"` makes every character a token; `"word"` makes every word and every punctuation mark
            one, white space only separates.

    Returns:
        The tokens in the order of the text.

    Raises:
        TypeError: `text` is not a string.
        ValueError: `level` is unknown, or `text` holds no token.
    """
    if not isinstance(text, str):
        raise TypeError(f"text is a {type(text).__name__}, expected a str")
    if level not in ("char", "word"):
        raise ValueError(f"level is {level!r}, expected 'char' or 'word'")
    tokens = list(text) if level == "char" else _WORD.findall(text)
    if not tokens:
        raise ValueError(f"text holds no {level} token ({len(text)} characters came), expected at least one")
    return tokens
