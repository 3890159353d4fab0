"""Clauses and noun phrases in both languages at once, and the dice that choose among them."""

import random
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

from rnnlib.data.phrasebook import english, french
from rnnlib.data.phrasebook.lexicon import (
    ADJECTIVES,
    HE,
    NAMED,
    NOUNS,
    OWNERS,
    PEOPLE,
    PRONOUNS,
    SHE,
    THEY,
    TIMES,
    TRANSITIVE,
    YOU,
    Activity,
    Adjective,
    Row,
    read_activity,
)
from rnnlib.data.phrasebook.words import Both, Phrase, Subject, Word, both, listed, rows, tagged

NOTHING = Both()
Option = TypeVar("Option")

# name: (English tense, French tense)
TENSES = {
    "habit": ("present", "present"),
    "now": ("progressive", "present"),
    "past": ("past", "passe_compose"),
    "perfect": ("perfect", "passe_compose"),
    "had": ("pluperfect", "plus_que_parfait"),
    "was doing": ("past_progressive", "imparfait"),
    "used to": ("used_to", "imparfait"),
    "state past": ("past", "imparfait"),
    "unreal": ("unreal", "imparfait"),
    "since": ("perfect", "present"),
    "doing since": ("perfect_progressive", "present"),
    "will": ("future", "futur"),
    "would": ("would", "conditionnel"),
}
# English verb group that governs an infinitive, and its French counterpart: (tense, before the verb),
# (verb, tense, mark)
GOVERNED = {
    "going to": (("going_to", ""), ("aller", "present", "futur_proche", "")),
    "just": (("perfect", ""), ("venir", "present", "venir_de", "de")),
    "can": (("can", ""), ("pouvoir", "present", "modal", "")),
    "could": (("could", ""), ("pouvoir", "conditionnel", "modal", "")),
    "must": (("must", ""), ("devoir", "present", "modal", "")),
    "should": (("should", ""), ("devoir", "conditionnel", "modal", "")),
    "want": (("present", "want"), ("vouloir", "present", "modal", "")),
    "wanted": (("past", "want"), ("vouloir", "imparfait", "modal", "")),
    "would like": (("would", "like"), ("vouloir", "conditionnel", "modal", "")),
    "like": (("present", "like"), ("aimer", "present", "infinitive", "")),
    "hope": (("present", "hope"), ("espérer", "present", "infinitive", "")),
    "try": (("past", "try"), ("essayer", "passe_compose", "", "de")),
    "forgot": (("past", "forget"), ("oublier", "passe_compose", "", "de")),
    "start": (("past", "start"), ("commencer", "passe_compose", "", "à")),
    "decide": (("past", "decide"), ("décider", "passe_compose", "", "de")),
    "refuse": (("past", "refuse"), ("refuser", "passe_compose", "", "de")),
    "promise": (("past", "promise"), ("promettre", "passe_compose", "", "de")),
}
ADVERBS = {
    word: both(f"{word}/ADV = {mot}/ADV")
    for word, mot in [
        ("often", "souvent"),
        ("always", "toujours"),
        ("sometimes", "parfois"),
        ("rarely", "rarement"),
        ("already", "déjà"),
        ("still", "encore"),
        ("finally", "enfin"),
        ("really", "vraiment"),
        ("also", "aussi"),
    ]
}
NEVER, JUST = tagged("never/ADV"), tagged("just/ADV")
ANYMORE = {"plus": tagged("anymore/ADV"), "pas encore": tagged("yet/ADV"), "rien": tagged("anything/PRON")}


class Draw:
    """Dice with a name: the same name draws the same sentences on every machine."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed).random

    def __call__(self, options: Sequence[Option]) -> Option:
        """One of the options."""
        return options[int(self.random() * len(options))]

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self.random() < probability

    def who(self, *, you: bool = False, third: bool = False) -> Subject:
        """A subject: a pronoun in half the cases; `you` allows tu, `third` keeps to he, she, they and
        nouns.
        """
        if self.chance(0.5):
            return self(PEOPLE)
        if third:
            return self(PRONOUNS[2:4] + PRONOUNS[5:])
        return self(PRONOUNS if you else [who for who in PRONOUNS if who is not YOU])

    def named(self) -> Subject:
        """A subject with a name."""
        return self(NAMED)


@cache
def bind(phrase: Both, form: int, feminine: bool) -> Both:
    """Possessives tagged OWN follow the subject: my room becomes her room."""
    owner = (0, 1, 3 if feminine else 2, 4, 1, 5)[form]
    french_owner = ("m", "t", "s", "notre nos", "votre vos", "leur leurs")[form].split()

    def own(word: Word) -> Word:
        if word.tag != "OWN":
            return word
        if word.text == "my":
            return Word(OWNERS[owner][0], "DET")
        if len(french_owner) == 1:
            return Word(french_owner[0] + word.text[1:], "DET", "possessive")
        return Word(french_owner[word.text == "mes"], "DET", "possessive")

    return Both(tuple(map(own, phrase.english)), tuple(map(own, phrase.french)))


def after_negation(phrase: Phrase) -> Phrase:
    """A direct object loses its article: une voiture, des amis, du pain become de voiture, d'amis, de
    pain.
    """
    if phrase and phrase[0].tag == "DET" and phrase[0].text in ("un", "une", "des"):
        return tagged("de/DET/negation") + phrase[1:]
    if phrase and phrase[0] == Word("de", "DET", "partitive"):
        articles = len(phrase) > 1 and phrase[1].text in ("le", "la")
        return tagged("de/DET/negation") + phrase[1 + articles :]
    return phrase


def says(
    who: Subject,
    tense: str,
    action: Activity,
    negation: str = "",
    adverb: Both = NOTHING,
    clitics: Phrase = (),
    agree: tuple[bool, bool] | None = None,
    english_only: Phrase = (),
) -> Both:
    """The clause without its subject.

    Args:
        tense: a key of TENSES, or of GOVERNED, where the action becomes an infinitive.
        negation: "", pas, jamais, plus, rien or pas encore.
        clitics: French object pronouns, whose English counterparts are in `english_only`.
        agree: (feminine, plural) of the pronoun that a past participle agrees with.
    """
    rest = bind(action.complement, who.form, who.feminine)
    governed = tense in GOVERNED and GOVERNED[tense][1][3]  # oublier de faire un gâteau keeps its article
    if negation and action.french != "être" and not governed:
        rest = rest._replace(french=after_negation(rest.french))
    english_after = english_only + rest.english + ANYMORE.get(negation, ())
    english_adverb = NEVER if negation == "jamais" else JUST if tense == "just" else adverb.english
    negated = bool(negation) and negation != "jamais"
    if tense in GOVERNED:
        (english_tense, governor), (verb, french_tense, mark, preposition) = GOVERNED[tense]
        if governor:
            english_after = tagged("to/PART") + english.split_infinitive(action.english) + english_after
        said = english.predicate(
            who,
            governor or action.english,
            english_tense,
            negated=negated,
            adverb=english_adverb,
            after=english_after,
        )
        inner = french.infinitive(who, action.french, clitics=clitics, after=rest.french)
        link = tagged(f"{preposition}/ADP/infinitive") if preposition else ()
        return Both(
            said,
            french.predicate(
                who,
                verb,
                french_tense,
                negation=negation,
                adverb=adverb.french,
                after=link + inner,
                mark=mark,
            ),
        )
    english_tense, french_tense = TENSES[tense]
    return Both(
        english.predicate(
            who, action.english, english_tense, negated=negated, adverb=english_adverb, after=english_after
        ),
        french.predicate(
            who,
            action.french,
            french_tense,
            negation=negation,
            adverb=adverb.french,
            after=rest.french,
            clitics=clitics,
            agree=agree,
        ),
    )


def say(who: Subject, *arguments: Any, **options: Any) -> Both:
    """A clause with its subject; arguments as `says` takes them."""
    return Both(who.english, who.french) + says(who, *arguments, **options)


EST_CE_QUE = tagged("est-ce/PART/question que/PART")


def ask(who: Subject, tense: str, action: Activity, **options: Any) -> Both:
    """A question that begins with the verb in English and with est-ce que in French."""
    statement = say(who, tense, action, **options).french
    rest = bind(action.complement, who.form, who.feminine)
    adverb = options.get("adverb", Both()).english
    after = options.get("english_only", ()) + rest.english
    verb, english_tense = action.english, TENSES.get(tense, ("",))[0]
    if tense in GOVERNED:
        english_tense, governor = GOVERNED[tense][0]
        if governor:
            after = tagged("to/PART") + english.split_infinitive(action.english) + after
            verb = governor
    negation = options.get("negation", "")
    asked = english.question(
        who,
        verb,
        english_tense,
        negated=bool(negation),
        adverb=adverb,
        after=after + ANYMORE.get(negation, ()),
    )
    return Both(asked, EST_CE_QUE + statement)


class NounPhrase(NamedTuple):
    """A noun phrase in both languages, and what agrees with it."""

    both: Both
    feminine: bool
    plural: bool
    noun: str


def agreeing(adjective: Adjective, feminine: bool, plural: bool, following: str = "x") -> Word:
    """The French adjective; `following` is the word behind it, which may ask for vieil, bel, nouvel."""
    mark = "adjective_before" if adjective.before else "adjective_after"
    if feminine:
        return Word(adjective.feminine + ("s" if plural else ""), "ADJ", mark)
    if plural:
        return Word(adjective.masculine_plural, "ADJ", mark)
    vowel = adjective.before and french.starts_with_vowel(following)
    return Word(adjective.before_vowel if vowel else adjective.masculine, "ADJ", mark)


def determiner(kind: str, feminine: bool, plural: bool, following: Word) -> Phrase:
    """The French determiner of `kind`: the, a, this, my or none."""
    text = following.text
    if kind == "the":
        return (Word("les" if plural else "la" if feminine else "le", "DET"),)
    if kind == "a":
        if plural:
            return (Word("de" if following.tag == "ADJ" else "des", "DET"),)
        return (Word("une" if feminine else "un", "DET"),)
    if kind == "this":
        vowel = french.starts_with_vowel(text)
        this = "ces" if plural else "cette" if feminine else "cet" if vowel else "ce"
        return (Word(this, "DET", "demonstrative"),)
    if kind == "my":
        gentle = feminine and not french.starts_with_vowel(text)
        return (Word("mes" if plural else "ma" if gentle else "mon", "OWN"),)
    return ()


@cache
def noun_phrase(
    noun: str, kind: str, adjective: str = "", plural: bool = False, number: Both = NOTHING
) -> NounPhrase:
    """A noun with determiner and adjective, as `the`, `a`, `this`, `my` (the subject's) or `bare`."""
    english_noun, french_noun, feminine, _ = NOUNS[noun]
    word = Word(french_noun[plural], "NOUN")
    front = Word(english_noun[plural], "NOUN")
    behind: Phrase = ()
    core: Phrase = (word,)
    english_core: Phrase = (front,)
    if adjective:
        table = ADJECTIVES[adjective]
        spoken = agreeing(table, feminine, plural, word.text)
        core, behind = ((spoken, word), ()) if table.before else ((word,), (spoken,))
        english_core = (Word(table.english, "ADJ"), front)
    article = determiner(kind, feminine, plural, (number.french + core)[0])
    words = {"the": "the/DET", "a": "" if plural else "a/DET", "my": "my/OWN"}
    words |= {"this": "these/DET" if plural else "this/DET", "bare": ""}
    return NounPhrase(
        Both(tagged(words[kind]) + number.english + english_core, article + number.french + core + behind),
        feminine,
        plural,
        noun,
    )


def some_adjective(draw: Draw, noun: str, probability: float = 0.4, not_these: str = "") -> str:
    """One of the adjectives that suit the noun, or none."""
    fitting = [word for word in NOUNS[noun].adjectives if word not in not_these.split()]
    return draw(fitting) if fitting and draw.chance(probability) else ""


@cache
def matching(fits: str) -> list[Row]:
    """The rows of TRANSITIVE with one of these letters."""
    return [row for row in TRANSITIVE if any(letter in row[2] for letter in fits)]


# Adjectives that tell one thing from another, for the things that people handle.
TELLING = listed(
    "old new small big gros red green blue white black yellow grey round French English Italian Spanish "
    "little"
)


class Deed(NamedTuple):
    """A verb with its object: the action with the object in its place, and the object."""

    action: Activity
    bare: Activity
    thing: NounPhrase
    fits: str


HANDLED = "hot clean dirty broken dangerous delicious expensive empty fast lazy kind"


def deed(draw: Draw, row: Row, *, kinds: Sequence[str] = (), adjective: float = 0.35) -> Deed:
    """Something done to something, as a row of TRANSITIVE allows."""
    english_verb, french_verb, fits, allowed, nouns = row
    noun = draw(nouns)
    usual = [kind for kind in allowed if kind in kinds] if kinds else list(allowed)
    kind = draw(usual or list(allowed))
    if kind == "a" and noun == "soup":
        kind = "the"
    word = some_adjective(draw, noun, adjective, HANDLED)
    if kind == "my" and word not in TELLING:
        word = ""
    thing = noun_phrase(noun, kind, word)
    bare = Activity(english_verb, french_verb, Both(), fits)
    return Deed(bare._replace(complement=thing.both), bare, thing, fits)


def timed(draw: Draw, kind: str, fits: str, *, ago: bool = True) -> Both:
    """A time of this kind that suits an activity: nobody gets up in the evening. `ago`: two days ago may
    come up.
    """
    return draw(suitable_times(kind, fits, ago))


@cache
def suitable_times(kind: str, fits: str, ago: bool) -> list[Both]:
    """The times of a kind that suit an activity."""
    parts = [part for part in "MAE" if part in fits] or list("MAE")
    times = [when for part, when in TIMES[kind] if not part or part in parts]
    return [when for when in times if ago or when.french[0].text != "il"]


def as_subject(thing: NounPhrase, owner: int = 0, feminine: bool = False) -> Subject:
    """A noun phrase as the subject of a clause; a possessive in it becomes the owner's (form, feminine)."""
    bound = bind(thing.both, owner, feminine)
    return Subject(bound.english, bound.french, 5 if thing.plural else 2, thing.feminine, thing.plural)


def being(
    who: Subject,
    adjective: str,
    tense: str = "habit",
    *,
    negation: str = "",
    degree: Both = NOTHING,
    after: Both = NOTHING,
) -> Both:
    """Somebody or something is so: `Marie est très fatiguée`."""
    spoken = agreeing(ADJECTIVES[adjective], who.feminine, who.plural)._replace(mark="predicate_adjective")
    complement = degree + Both((Word(ADJECTIVES[adjective].english, "ADJ"),), (spoken,)) + after
    return say(who, tense, Activity("be", "être", complement, ""), negation)


@cache
def simple(text: str) -> Activity:
    """An activity written `verb words/TAG | verbe mots/TAG`."""
    english_side, french_side = text.split("|")
    return read_activity(english_side, french_side, "")


def activities(table: str) -> list[Activity]:
    """A table of `simple` activities, one a line."""
    return [simple(" | ".join(row)) for row in rows(table)]


ELLES = Subject(*both("they/PRON = elles/PRON"), 5, True, True)


def pronoun_for(who: Subject) -> Subject:
    """The pronoun that takes a subject up again: Anne, she; my sisters, they (elles)."""
    if who.form in (0, 1, 3, 4):
        return who
    if who.plural:
        return ELLES if who.feminine else THEY
    return SHE if who.feminine else HE
