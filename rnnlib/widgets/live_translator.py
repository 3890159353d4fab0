"""Live translator: the reader types English, and a network trained on Tatoeba writes French, in the page.

The widget shows what the encoder's state is after each word, which ten words the decoder finds likeliest at
each place, and what beam search kept and threw away. Any other word can be forced: what stands before it is
kept, the rest is translated anew. Beside it stands what the network thinks of a translation that the reader
types.
`benchmarks/page_translator.py` trained and measured the translator.
"""

import hashlib
import re
from functools import cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import torch
import traitlets
from torch import Tensor

from rnnlib.data.translation import BOS, EOS, JOINER, UNK, detokenize, word_tokens
from rnnlib.data.vocabulary import Vocabulary
from rnnlib.models.seq2seq import State
from rnnlib.search import beam_search, likeliest, without
from rnnlib.translator import Reading, Translator
from rnnlib.widgets import loader
from rnnlib.widgets.base import Widget, decimals, number, svg_image, svg_text, text
from rnnlib.widgets.six_bits import ALPHABET, LEVELS, MIDDLE
from rnnlib.widgets.story_writer import draw, relative, uniforms
from rnnlib.widgets.translator_weights import FILE, NAME, load_translator

LONGEST, LONGEST_FORCED = 200, 400  # characters
MOST_READ, MOST_GIVEN = 30, 40  # tokens
LISTED = 10  # choices of a step
MORE = 5  # candidates of a step that are shown beyond the beam's width
USUAL: dict[str, Any] = {"forced": "", "width": 5, "temperature": 0.0, "seed": 1}
MOST_STEPS = 2 * MOST_READ + 10
DIGITS = 7  # of the examples' numbers
EXAMPLES_NAME = f"{NAME}_examples"
EXAMPLES_FILE = loader.WEIGHTS / f"{EXAMPLES_NAME}.json"
# The examples: shown before the translator is loaded. Sentence, and a translation of ours.
EXAMPLES = (
    ("You should stay in bed until tomorrow.", "Tu devrais rester au lit jusqu'à demain."),
    ("I don't know where she lives.", "Je ne sais pas où elle habite."),
    ("Where did you buy this book?", "Où as-tu acheté ce livre ?"),
    ("She was born in Germany.", "Elle est née en Allemagne."),
    ("Nobody told me the truth.", "Personne ne m'a dit la vérité."),
    ("She doesn't want to go home.", "Elle ne veut pas rentrer chez elle."),
    ("He has never been to France.", "Il n'est jamais allé en France."),
    ("The children are playing in the garden.", "Les enfants jouent dans le jardin."),
    ("What time is it?", "Quelle heure est-il ?"),
    ("I bought three apples yesterday.", "J'ai acheté trois pommes hier."),
)


class LiveTranslator(Widget):
    """Translates the reader's English, and shows every choice.

    Attributes:
        sentence: the reader's English, at most 200 characters. Hash: `sentence=I+am+tired.`
        forced: the beginning that the translation must have, as words or as tokens of the vocabulary; `<eos>`
            ends it. Hash: `forced=Tu`.
        target: the reader's own French, judged word by word. Hash: `target=Je+suis+las.`
        step: the place in the translation that is looked at, 1 to 70; the last one if beyond it. Hash:
            `step=3`.
        width: of the beam, 1 (greedy) to 10. Hash: `width=1`.
        temperature: 0 takes the best that was found; above 0 words are drawn. Hash: `temperature=0.7`.
        seed: of the random numbers, 0 to 99. Hash: `seed=3`.
        steps: how many places the translation has; the page sets it.
        weights: the stored weights, for the page in a kernel; a built page loads them from a script.
    """

    module = "live_translator"

    sentence = text(EXAMPLES[0][0], LONGEST)
    forced = text("", LONGEST_FORCED)
    target = text(EXAMPLES[0][1], LONGEST)
    step = number(1, 1, MOST_STEPS, step=1)
    width = number(USUAL["width"], 1, 10, step=1)
    temperature = number(0.0, 0.0, 2.0, step=0.05)
    seed = number(1, 0, 99, step=1)
    steps = traitlets.Int(0).tag(sync=True)
    weights = traitlets.Dict().tag(sync=True)

    @traitlets.default("weights")
    def _default_weights(self) -> dict[str, Any]:
        return loader.read_weights(NAME)

    def make_payload(self) -> dict[str, Any]:
        """The model card, the examples, what is shown first, and the scripts that hold the rest."""
        return {
            "card": loader.read_weights(NAME)["card"],
            "examples": [{"sentence": sentence, "target": target} for sentence, target in EXAMPLES],
            "view": self._stored_view(),
            "views_script": _script(EXAMPLES_NAME, EXAMPLES_FILE),
            "script": _script(NAME, FILE),
        }

    def _stored_view(self) -> dict[str, Any] | None:
        """The stored view of an example in the usual settings; None for anything else."""
        if any(getattr(self, name) != value for name, value in USUAL.items()):
            return None
        wanted = (self.sentence, self.target)
        return next(
            (one["view"] for one in load_examples() if (one["sentence"], one["target"]) == wanted), None
        )

    def _path(self) -> "Path":
        view = self._stored_view()
        return _path_of(view["path"]) if view else self.look().path

    def look(self) -> "Look":
        """Everything that is shown.

        Raises:
            ValueError: the sentence is empty.
        """
        settings = {
            name: getattr(self, name) for name in ("forced", "target", "width", "temperature", "seed")
        }
        return look(load_translator(), self.sentence, **settings)

    def table(self) -> tuple[str, list[str], list[list[str]]]:
        """Each word of the translation with its probability, and the word that came next to it."""
        if not self.sentence.split():
            return "There is nothing to translate", ["step", "word"], [["1", EOS], ["2", EOS]]
        path, so_far, rows = self._path(), 0.0, []
        for k, step in enumerate(path.steps, start=1):
            so_far += step.log_p
            other, log_p = next((token, v) for token, v in step.top if token != step.token)
            rows.append(
                [str(k), plain(step.token), _share(step.log_p), decimals(so_far), plain(other), _share(log_p)]
            )
        caption = f"“{self.sentence}” becomes “{path.text}”: how likely each word is"
        return caption, ["step", "word", "p", "ln p so far", "next best", "its p"], rows

    def still(self) -> str:
        """The sentence, its translation, and a bar for each word's probability, as SVG."""
        _, _, rows = self.table()
        if not self.sentence.split():
            return svg_image(WIDTH, 80, "There is nothing to translate.", [], font_size=FONT)
        return draw_translation(self.sentence, self._path(), rows)


def _script(name: str, file: FilePath) -> str:
    """The script that holds a stored file; a new file gets a new address."""
    return f"{loader.weight_script(name)}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:8]}"


def _share(log_p: float) -> str:
    return decimals(float(torch.tensor(log_p).exp()), 3)


def plain(token: str) -> str:
    """A token without its joining marks."""
    return "end" if token == EOS else detokenize([token])


# ---- reading --------------------------------------------------------------------------------------------


class Given(NamedTuple):
    """French that was given, the reader's own or the beginning that was forced.

    Attributes:
        tokens: as typed. read_as: as the vocabulary has them. ids: theirs. notes: a sentence each.
        ended: whether `<eos>` stood at its end.
    """

    tokens: list[str]
    read_as: list[str]
    ids: list[int]
    notes: list[str]
    ended: bool


def read(translator: Translator, sentence: str, most: int = MOST_READ) -> Reading:
    """The first tokens of an English sentence, as `Translator.read` reads them."""
    reading = translator.read(sentence)
    if len(reading.tokens) <= most:
        return reading
    tokens = reading.tokens[:most]
    notes = _spelt(translator, tokens, translator.source_vocab) + reading.notes[-1:]
    return Reading(tokens, reading.ids[:most], [*notes, _cut(reading.tokens, most)])


def read_target(translator: Translator, written: str, most: int = MOST_GIVEN) -> Given:
    """What is read of a French text.

    Words stand as one writes them, or as tokens of the vocabulary with their `·`; `<eos>` may stand last.
    """
    parts = [part for part in re.split(r"[ \t\n\r]+", written) if part]
    ended = parts[-1:] == [EOS]
    tokens: list[str] = []
    words: list[str] = []
    for part in parts[:-1] if ended else parts:
        if JOINER in part and part in translator.target_vocab:
            tokens += [*word_tokens(" ".join(words)), part]
            words = []
        else:
            words.append(part)
    tokens += word_tokens(" ".join(words))
    cut = [_cut(tokens, most)] if len(tokens) > most else []
    ended = ended and not cut
    tokens = tokens[:most]
    vocab = translator.target_vocab
    read_as = [spelt if spelt in vocab else UNK for spelt in (_spelling(vocab, token) for token in tokens)]
    notes = _spelt(translator, tokens, vocab) + cut
    return Given(tokens, read_as, [vocab[token] for token in read_as], notes, ended)


def _cut(tokens: list[str], most: int) -> str:
    return f"It has {len(tokens)} tokens; the first {most} are read."


def _spelling(vocab: Vocabulary, token: str) -> str:
    """The token as a vocabulary has it, where only a capital keeps it from being known."""
    for spelling in (token, token.lower(), token[:1].upper() + token[1:].lower()):
        if spelling in vocab:
            return spelling
    return token


def _spelt(translator: Translator, tokens: list[str], vocab: Vocabulary) -> list[str]:
    """Notes on tokens that are read as others."""
    known = [_spelling(vocab, token) for token in tokens]
    pairs = zip(tokens, known, strict=True)
    respelt = dict.fromkeys(f"{_quoted(a)} as {_quoted(b)}" for a, b in pairs if a != b)
    unknown = dict.fromkeys(_quoted(token) for token in known if token not in vocab)
    notes = [f"Read {', '.join(respelt)}."] if respelt else []
    return notes + ([f"Unknown, so read as {UNK}: {', '.join(unknown)}."] if unknown else [])


def _quoted(token: str) -> str:
    return repr(detokenize([token]))


# ---- what is shown --------------------------------------------------------------------------------------


class Step(NamedTuple):
    """One word of a path.

    Attributes:
        token: the word. log_p: its, given those before it. rank: 1 for the likeliest.
        top: the ten likeliest words with their log-probabilities.
        drawn: their probabilities at the temperature, among the words that may be written; [] at 0.
    """

    token: str
    log_p: float
    rank: int
    top: list[tuple[str, float]]
    drawn: list[float]


class Path(NamedTuple):
    """A translation step by step: how it was found, how many words were forced, whether it ended."""

    how: str
    forced: int
    finished: bool
    text: str
    log_prob: float
    steps: list[Step]


class Judged(NamedTuple):
    """One word of the reader's own translation.

    Attributes:
        token: as typed. read_as: as the vocabulary has it. log_p: given the reader's words before it.
        rank: 1 for the likeliest. own: what the network would write there. own_log_p: its log-probability.
    """

    token: str
    read_as: str
    log_p: float
    rank: int
    own: str
    own_log_p: float


class Look(NamedTuple):
    """Everything that is shown.

    Attributes:
        reading: the English. states: the encoder's (S + 1, H), after each word and after the end.
        forced: the beginning. path: the translation. greedy: the one by the likeliest words.
        n_best: what beam search found: text, length L, log-probability, finished.
        trace: of each step the best candidates: rank, parent, token, log-probability, fate.
        target: the reader's own translation, and `target_notes`.
    """

    reading: Reading
    states: Tensor
    forced: Given
    path: Path
    greedy: Path
    n_best: list[tuple[str, int, float, bool]]
    trace: list[list[tuple[int, int, str, float, str]]]
    target: list[Judged]
    target_notes: list[str]


class Session:
    """A sentence under way: what may follow a beginning, computed once for each."""

    def __init__(self, translator: Translator, reading: Reading) -> None:
        self.translator = translator
        start, _, limits = translator.begin([reading])
        self.limit = int(limits)
        self._known: dict[tuple[int, ...], tuple[Tensor, State]] = {}
        self._start = start
        eos = torch.tensor([translator.source_vocab[EOS]])
        source = torch.cat([reading.ids, eos])[:, None]  # (S + 1, 1)
        with torch.no_grad():
            output, _ = translator.model.encoder(source, torch.tensor([len(source)]))
        self.states = output[:, 0]  # (S + 1, H)

    def state(self, ids: list[int]) -> State:
        """The decoder's state before the last of `<bos>` and these words."""
        return self._after(tuple(ids[:-1]))[1] if ids else self._start

    def log_p(self, ids: list[int]) -> Tensor:
        """The log-probabilities (V,) of the word that follows these."""
        return self._after(tuple(ids))[0]

    def _after(self, ids: tuple[int, ...]) -> tuple[Tensor, State]:
        if ids not in self._known:
            last = ids[-1] if ids else self.translator.target_vocab[BOS]
            before = self._after(ids[:-1])[1] if ids else self._start
            log_probs, state = self.translator.model.step(torch.tensor([last]), before)
            self._known[ids] = log_probs[0], state
        return self._known[ids]

    def writable(self, ids: list[int]) -> Tensor:
        """The same, with the words that are never written at minus infinity."""
        return without(self.log_p(ids)[None], self.translator.banned)[0]

    def room(self, ids: list[int]) -> int:
        """How many words, the end included, may still be written."""
        return max(1, self.limit - len(ids))


def look(
    translator: Translator,
    sentence: str,
    *,
    forced: str,
    target: str,
    width: int,
    temperature: float,
    seed: int,
) -> Look:
    """Everything that is shown of one sentence; the arguments are the widget's.

    Raises:
        ValueError: there is no token to read.
    """
    reading = read(translator, sentence)
    if not reading.tokens:
        raise ValueError(f"sentence is {sentence!r}, expected at least one word")
    session = Session(translator, reading)
    given = read_target(translator, forced)
    begun = given.ids, given.ended
    greedy = make_path(session, *(begun if given.ended else write_on(session, given.ids)), "greedy", given)
    n_best, trace, best = _searched(session, given, width)
    path = greedy
    if temperature > 0:
        drawn = begun if given.ended else write_on(session, given.ids, temperature, seed)
        path = make_path(session, *drawn, "drawn", given, temperature)
    elif width > 1:
        path = make_path(session, *best, "beam", given)
    own = read_target(translator, target)
    judged = judge(session, own) if own.ids else []
    return Look(reading, session.states, given, path, greedy, n_best, trace, judged, own.notes)


def write_on(
    session: Session, prefix: list[int], temperature: float = 0.0, seed: int = 0
) -> tuple[list[int], bool]:
    """Write on from a beginning, a word at a time: the likeliest, or drawn at a temperature above 0.

    Returns:
        All ids, the beginning's included, and whether it ended.
    """
    ids, eos, most = list(prefix), session.translator.eos, len(prefix) + session.room(prefix)
    numbers = uniforms(seed, most)
    while len(ids) < most:
        log_p = session.writable(ids)
        token = draw(log_p, temperature, numbers[len(ids)]) if temperature > 0 else int(log_p.argmax())
        if token == eos:
            return ids, True
        ids.append(token)
    return ids, False


def make_path(
    session: Session, ids: list[int], finished: bool, how: str, given: Given, temperature: float = 0.0
) -> Path:
    """A path with the choices of each of its steps."""
    vocab, eos, steps = session.translator.target_vocab, session.translator.eos, []
    for k, token in enumerate([*ids, eos] if finished else ids):
        log_p = session.log_p(ids[:k])
        best = _best(log_p)
        shares: list[float] = []
        if temperature > 0:
            all_shares = relative(session.writable(ids[:k]), temperature)
            shares = (all_shares[best] / all_shares.sum()).tolist()
        top = [(vocab.tokens[v], float(log_p[v])) for v in best]
        steps.append(Step(vocab.tokens[token], float(log_p[token]), _rank(log_p, token), top, shares))
    return Path(how, len(given.ids), finished, _text(session, ids), sum(s.log_p for s in steps), steps)


def _best(log_p: Tensor) -> list[int]:
    """The likeliest words, best first; of equal ones that with the lower id."""
    _, ids = likeliest(log_p[None], LISTED)
    return sorted(ids[0].tolist(), key=lambda token: (-float(log_p[token]), token))


def _rank(log_p: Tensor, token: int) -> int:
    """1 for the likeliest; of equal ones that with the lower id comes first."""
    return 1 + int((log_p > log_p[token]).sum()) + int((log_p[:token] == log_p[token]).sum())


def _text(session: Session, ids: list[int]) -> str:
    return detokenize([session.translator.target_vocab.tokens[k] for k in ids])


def _log_prob(session: Session, ids: list[int]) -> float:
    return sum(float(session.log_p(ids[:k])[token]) for k, token in enumerate(ids))


def _searched(
    session: Session, given: Given, width: int
) -> tuple[list[Any], list[Any], tuple[list[int], bool]]:
    """The n best, the trace and the best one's ids, from the beginning that was forced."""
    prefix, eos = given.ids, session.translator.eos
    if given.ended:
        whole = _log_prob(session, [*prefix, eos])
        return [(_text(session, prefix), len(prefix) + 1, whole, True)], [], (prefix, True)
    vocab = session.translator.target_vocab
    before = _log_prob(session, prefix)
    [found] = beam_search(
        session.translator.model.step,
        session.state(prefix),
        torch.tensor([prefix[-1] if prefix else vocab[BOS]]),
        eos,
        session.room(prefix),
        width=width,
        n_best=width,
        banned=session.translator.banned,
        finished_first=True,
        trace=width + MORE,
    )
    n_best = []
    for one in found.hypotheses:
        ids = [*prefix, *one.tokens.tolist()]
        n_best.append((_text(session, ids), len(ids) + one.finished, before + one.log_prob, one.finished))
    trace = [
        [(c.rank, c.parent, vocab.tokens[c.token], before + c.log_prob, c.fate) for c in step]
        for step in found.steps
    ]
    best = found.best
    return n_best, trace, ([*prefix, *best.tokens.tolist()], best.finished)


def judge(session: Session, own: Given) -> list[Judged]:
    """The reader's own translation, word by word, each given the reader's words before it."""
    vocab, rows = session.translator.target_vocab, []
    for k, token in enumerate([*own.ids, session.translator.eos]):
        log_p = session.log_p(own.ids[:k])
        choice = int(session.writable(own.ids[:k]).argmax())
        typed, read_as = (own.tokens[k], own.read_as[k]) if k < len(own.ids) else (EOS, EOS)
        own_choice = vocab.tokens[choice], float(log_p[choice])
        rows.append(Judged(typed, read_as, float(log_p[token]), _rank(log_p, token), *own_choice))
    return rows


# ---- examples -------------------------------------------------------------------------------------------


@cache
def load_examples() -> list[dict[str, Any]]:
    """The stored examples: what `make_examples` gave when `benchmarks/page_translator.py` ran."""
    examples: list[dict[str, Any]] = loader.read_weights(EXAMPLES_NAME)["examples"]
    return examples


def make_examples() -> list[dict[str, Any]]:
    """The examples' views, as the page shows them before the translator is loaded.

    Numbers are rounded to seven decimals, and the states to six bits a unit, one character each.
    """
    seen = [look(load_translator(), sentence, target=target, **USUAL) for sentence, target in EXAMPLES]
    return [
        {"sentence": sentence, "target": target, "view": as_view(one)}
        for (sentence, target), one in zip(EXAMPLES, seen, strict=True)
    ]


def as_view(seen: Look) -> dict[str, Any]:
    """A look as JSON, of the form that `look` in `js/translator_core.mjs` yields."""
    known = load_translator().source_vocab
    return {
        "reading": {
            "tokens": seen.reading.tokens,
            "read_as": [known.tokens[k] for k in seen.reading.ids],
            "notes": seen.reading.notes,
        },
        "states": [_as_letters(state) for state in seen.states],
        "forced": seen.forced._asdict(),
        "path": _path_view(seen.path),
        "greedy": {
            "text": seen.greedy.text,
            "log_prob": _short(seen.greedy.log_prob),
            "finished": seen.greedy.finished,
        },
        "n_best": [
            {"text": found, "length": length, "log_prob": _short(log_prob), "finished": finished}
            for found, length, log_prob, finished in seen.n_best
        ],
        "trace": [
            [[rank, parent, token, _short(log_p), fate] for rank, parent, token, log_p, fate in step]
            for step in seen.trace
        ],
        "target": {
            "rows": [
                row._asdict() | {"log_p": _short(row.log_p), "own_log_p": _short(row.own_log_p)}
                for row in seen.target
            ],
            "notes": seen.target_notes,
            "log_prob": _short(sum(row.log_p for row in seen.target)),
        },
        "whole": True,
    }


def _path_view(path: Path) -> dict[str, Any]:
    steps = [
        {
            "token": step.token,
            "log_p": _short(step.log_p),
            "rank": step.rank,
            "top": [[token, _short(log_p)] for token, log_p in step.top],
        }
        for step in path.steps
    ]
    return path._asdict() | {"log_prob": _short(path.log_prob), "steps": steps}


def _path_of(view: dict[str, Any]) -> Path:
    """A stored path."""
    steps = [
        Step(step["token"], step["log_p"], step["rank"], [(token, v) for token, v in step["top"]], [])
        for step in view["steps"]
    ]
    return Path(**view | {"steps": steps})


def _short(value: float) -> float:
    return round(value, DIGITS)


def _as_letters(state: Tensor) -> str:
    return "".join(ALPHABET[MIDDLE + round(LEVELS * v)] for v in state.tolist())


# ---- the still ------------------------------------------------------------------------------------------

WIDTH, FONT, ROW, BAR = 560, 14, 26, 200
COLOUR = "#8a63d2"


def draw_translation(sentence: str, path: Path, rows: list[list[str]]) -> str:
    """English, French, and a row for each word: the word, a bar, its probability, the next best word."""
    parts = [
        svg_text(0, 18, sentence, anchor="start"),
        svg_text(0, 44, path.text, anchor="start", weight=600),
    ]
    for k, (step, (_, word, p, _, other, other_p)) in enumerate(zip(path.steps, rows, strict=True)):
        y = 80 + ROW * k
        size = max(1.0, BAR * float(torch.tensor(step.log_p).exp()))
        parts.append(svg_text(110, y, word, anchor="end", weight=600))
        parts.append(f'<rect x="120" y="{y - 12}" width="{size:.1f}" height="14" fill="{COLOUR}"/>')
        parts.append(svg_text(126 + BAR, y, p, anchor="start"))
        parts.append(svg_text(180 + BAR, y, f"next best: {other}, {other_p}", anchor="start"))
    label = f"“{sentence}” becomes “{path.text}”, with a bar for each word's probability."
    return svg_image(WIDTH, 80 + ROW * len(rows), label, parts, font_size=FONT)
