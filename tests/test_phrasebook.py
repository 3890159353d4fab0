"""The Phrasebook: size, spelling, tags, splits, and its French read by a checker that shares nothing with
its grammar.
"""

import os
import re
import subprocess
import sys
import time
import unicodedata
from collections import Counter, defaultdict

import pytest
from french_rules import faults, listed, typography

from rnnlib.data.phrasebook import HELD_OUT, Pair, load_phrasebook, split_constructions, split_sentences

PAIRS = load_phrasebook()
TAGS = set(listed("ADJ ADP ADV AUX CCONJ DET NOUN NUM PART PRON PROPN PUNCT SCONJ VERB"))
SPACED = "\u202f"


def by_structure() -> dict[str, list[Pair]]:
    groups = defaultdict(list)
    for pair in PAIRS:
        groups[pair.structure].append(pair)
    return groups


def test_size():
    assert len(PAIRS) >= 30_000
    for side in ("english_tokens", "french_tokens"):
        words = {token.lower() for pair in PAIRS for token in getattr(pair, side) if token[-1].isalpha()}
        assert len(words) >= 400


def test_each_english_sentence_once():
    assert len({pair.english for pair in PAIRS}) == len(PAIRS)
    assert len({pair.english.casefold() for pair in PAIRS}) == len(PAIRS)


def test_breadth_and_balance():
    sizes = Counter(pair.structure for pair in PAIRS)
    assert len(sizes) >= 60
    assert max(sizes.values()) < 0.03 * len(PAIRS)
    phenomena = Counter(mark for pair in PAIRS for mark in pair.phenomena)
    assert len(phenomena) >= 40
    assert min(phenomena.values()) >= 50


@pytest.mark.parametrize(
    "phenomenon",
    listed("""negation question wh_question elision contraction clitic clitic_indirect clitic_y clitic_en
    reflexive possessive demonstrative partitive quantity number adjective_before adjective_after
    predicate_adjective
    comparative superlative relative_qui relative_que relative_ou participle_agreement passe_compose_avoir
    passe_compose_etre imparfait futur_simple futur_proche conditionnel imperative modal infinitive passive
    il_y_a ago venir_de stressed_pronoun exclamation condition because when_future completive
    indirect_question coordination"""),
)
def test_every_phenomenon_is_there(phenomenon):
    assert any(phenomenon in pair.phenomena for pair in PAIRS)


def test_every_pair_is_typed_and_aligned():
    for pair in PAIRS:
        assert len(pair.english_tokens) == len(pair.english_tags)
        assert len(pair.french_tokens) == len(pair.french_tags)
        assert TAGS.issuperset(pair.english_tags + pair.french_tags), pair
        assert pair.english_tags[-1] == pair.french_tags[-1] == "PUNCT"
        assert pair.phenomena or pair.structure


def test_tokens_spell_the_sentences():
    """Nothing but spaces is lost between tokens and text."""
    for pair in PAIRS:
        assert "".join(pair.english_tokens).replace(" ", "") == pair.english.replace(" ", "")
        assert "".join(pair.french_tokens) == re.sub(r"\s", "", pair.french)


def test_english_typography():
    for pair in PAIRS:
        text = pair.english
        assert text.isascii() or unicodedata.normalize("NFC", text) == text
        assert re.fullmatch(r"[A-Z]\S*(?: \S+)*[.?!]", text), text
        assert not re.search(r" [,.?!]|’|  ", text), text
        assert text.endswith("?") == pair.french.endswith("?"), text


def test_english_articles():
    for pair in PAIRS:
        assert not re.search(r"\b[Aa] [aeioAEIO]|\b[Aa] (?:u(?!ni)|hour)", pair.english), pair.english
        assert not re.search(r"\b[Aa]n (?![aeiouhAEIOU])|\ban uni", pair.english), pair.english


def test_french_typography():
    for pair in PAIRS:
        assert not typography(pair.french), pair.french


def test_you_is_tu_or_vous_by_its_address():
    vous = re.compile(r", (?:sir|madam|doctor|children|my friends)[.?!]$")
    for pair in PAIRS:
        if re.search(r"\byou(?:r)?\b", pair.english, re.IGNORECASE):
            polite = {"vous", "votre", "vos", "-vous"} & {token.lower() for token in pair.french_tokens}
            assert bool(polite) == bool(vous.search(pair.english)), pair


def test_the_checker_finds_no_fault_in_any_pair():
    marked = {pair.french: found for pair in PAIRS if (found := faults(pair.french_tokens, pair.french_tags))}
    assert not marked


def words(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tokens and tags from `word/TAG` text."""
    parts = [word.rsplit("/", 1) for word in text.split()]
    return tuple(word for word, _ in parts), tuple(tag for _, tag in parts)


PLANTED = {
    "article": ("La/DET livre/NOUN est/AUX vieux/ADJ ./PUNCT", "no agreement"),
    "number": ("Les/DET chat/NOUN dorment/VERB ./PUNCT", "no agreement"),
    "adjective": ("Elle/PRON porte/VERB une/DET robe/NOUN vert/ADJ ./PUNCT", "no agreement"),
    "adjective in front": ("C'/PRON est/AUX une/DET beau/ADJ maison/NOUN ./PUNCT", "no agreement"),
    "possessive": ("Il/PRON aime/VERB mon/DET sœur/NOUN ./PUNCT", "mon sœur"),
    "possessive before a vowel": ("Je/PRON connais/VERB sa/DET amie/NOUN ./PUNCT", "sa amie"),
    "demonstrative": ("Ce/DET arbre/NOUN est/AUX grand/ADJ ./PUNCT", "ce arbre"),
    "bel": ("C'/PRON est/AUX un/DET beau/ADJ hôtel/NOUN ./PUNCT", "beau hôtel"),
    "elision": ("Je/PRON aime/VERB le/DET thé/NOUN ./PUNCT", "je not elided"),
    "elision of ne": ("Elle/PRON ne/ADV aime/VERB pas/ADV le/DET thé/NOUN ./PUNCT", "ne not elided"),
    "elision of si": ("Si/SCONJ il/PRON pleut/VERB ,/PUNCT je/PRON reste/VERB ./PUNCT", "si il"),
    "elision before a consonant": ("L'/DET maison/NOUN est/AUX grande/ADJ ./PUNCT", "l' before maison"),
    "elision before an aspirated h": ("Il/PRON part/VERB à/ADP l'/DET huit/NUM ./PUNCT", "l' before huit"),
    "contraction": ("Il/PRON parle/VERB de/ADP le/DET film/NOUN ./PUNCT", "de le not contracted"),
    "contraction in the plural": (
        "Il/PRON parle/VERB à/ADP les/DET voisins/NOUN ./PUNCT",
        "à les not contracted",
    ),
    "too much contraction": ("Il/PRON va/VERB au/ADP hôpital/NOUN ./PUNCT", "au hôpital"),
    "verb": ("Les/DET enfants/NOUN joue/VERB ./PUNCT", "joue does not agree"),
    "verb behind a relative clause": (
        "Les/DET lettres/NOUN que/PRON Paul/PROPN a/AUX écrites/VERB était/AUX longues/ADJ ./PUNCT",
        "était does not agree",
    ),
    "verb behind qui": (
        "Je/PRON connais/VERB les/DET hommes/NOUN qui/PRON dort/VERB ./PUNCT",
        "dort does not agree",
    ),
    "participle with être": ("Marie/PROPN est/AUX parti/VERB ./PUNCT", "participle parti"),
    "reflexive participle": ("Elles/PRON se/PRON sont/AUX levé/VERB tôt/ADV ./PUNCT", "participle levé"),
    "participle with avoir": ("Elle/PRON a/AUX mangée/VERB une/DET pomme/NOUN ./PUNCT", "participle mangée"),
    "participle behind a pronoun": ("Je/PRON les/PRON ai/AUX vu/VERB ./PUNCT", "participle vu"),
    "participle behind que": (
        "La/DET lettre/NOUN qu'/PRON elle/PRON a/AUX écrit/VERB est/AUX là/ADV ./PUNCT",
        "participle écrit",
    ),
    "participle behind quelle": (
        "Quelle/DET robe/NOUN est-ce/PART que/PART tu/PRON as/AUX choisi/VERB ?/PUNCT",
        "participle choisi",
    ),
    "passive": ("La/DET porte/NOUN a/AUX été/AUX fermé/VERB ./PUNCT", "participle fermé"),
    "adjective behind être": (
        "Ma/DET tante/NOUN est/AUX très/ADV fatigué/ADJ ./PUNCT",
        "fatigué does not agree",
    ),
    "address": (
        "Est-ce/PART que/PART tu/PRON es/AUX prêt/ADJ ,/PUNCT Emma/PROPN ?/PUNCT",
        "prêt does not agree",
    ),
    "ne alone": ("Elle/PRON ne/ADV dort/VERB ./PUNCT", "ne without"),
    "pas alone": ("Elle/PRON dort/VERB pas/ADV ./PUNCT", "pas without ne"),
    "article under negation": ("Il/PRON n'/ADV a/VERB pas/ADV une/DET voiture/NOUN ./PUNCT", "instead of de"),
    "pronoun behind its verb": ("Je/PRON vois/VERB la/PRON souvent/ADV ./PUNCT", "pronoun la"),
    "order of pronouns": ("Il/PRON lui/PRON le/PRON donne/VERB ./PUNCT", "pronouns lui le"),
    "pronoun before ne": ("Il/PRON la/PRON ne/ADV voit/VERB pas/ADV ./PUNCT", "pronoun la"),
    "pronoun for a noun": (
        "Cette/DET lettre/NOUN ?/PUNCT Je/PRON le/PRON lis/VERB ./PUNCT",
        "pronoun of another gender",
    ),
    "infinitive": ("Il/PRON veut/VERB dort/VERB ./PUNCT", "no infinitive"),
    "infinitive behind a preposition": ("Il/PRON vient/VERB de/ADP part/VERB ./PUNCT", "no infinitive"),
    "command": ("Ferme/VERB la/DET porte/NOUN ,/PUNCT monsieur/NOUN ./PUNCT", "command ferme"),
}


@pytest.mark.parametrize("kind", PLANTED)
def test_the_checker_sees_a_planted_fault(kind):
    text, message = PLANTED[kind]
    assert any(message in fault for fault in faults(*words(text))), faults(*words(text))


CORRUPTIONS = {
    "determiner": lambda t, g: (
        {"la": "le", "une": "un", "cette": "ce", "ses": "sa", "un": "une"}.get(t) if g == "DET" else None
    ),
    "adjective": lambda t, g: t + "s" if g == "ADJ" and t[-1] not in "sx" else None,
    "participle": lambda t, g: t[:-1] if g == "VERB" and t.endswith("ée") else None,
    "elision": lambda t, g: {"l'": "le", "j'": "je", "d'": "de", "n'": "ne", "qu'": "que", "c'": "ce"}.get(t),
    "verb": lambda t, g: (
        {"est": "es", "a": "as", "va": "vont", "veut": "veux", "joue": "jouent"}.get(t)
        if g in ("AUX", "VERB")
        else None
    ),
}


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_checker_sees_nine_of_ten_faults_planted_in_the_pairs(kind):
    """What it lets through is French of another meaning (il l'a vu for il l'a vue)."""
    corrupt, seen = CORRUPTIONS[kind], []
    for pair in PAIRS[::13]:
        for place, (token, tag) in enumerate(zip(pair.french_tokens, pair.french_tags, strict=True)):
            if wrong := corrupt(token.lower(), tag):
                tokens = (*pair.french_tokens[:place], wrong, *pair.french_tokens[place + 1 :])
                seen.append(bool(faults(tokens, pair.french_tags)))
    assert len(seen) > 50
    assert sum(seen) > 0.9 * len(seen)


def test_planted_typography():
    assert (
        typography("Où est-il\u00a0?")
        and typography("Où est-il ?")
        and typography("Où est-il?")
        and typography("L’ami dort.")
    )
    assert typography(unicodedata.normalize("NFD", "Il a été malade.")) and typography("il dort.")
    assert not typography(f"Où est-ce qu'il dort{SPACED}?")


def test_sorted_and_the_same_in_another_process():
    assert sorted(pair.english for pair in PAIRS) == [pair.english for pair in PAIRS]
    code = (
        "import hashlib; from rnnlib.data.phrasebook import load_phrasebook; "
        "text = repr([(*p[:7], sorted(p.phenomena)) for p in load_phrasebook()]); "
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1 and len(digests.pop().strip()) == 64


def test_loaded_once_and_given_as_a_list_of_ones_own():
    load_phrasebook().clear()
    start = time.perf_counter()
    assert load_phrasebook() == PAIRS
    assert time.perf_counter() - start < 1


def test_split_sentences_has_no_overlap():
    split = split_sentences(PAIRS, valid=0.05, test=0.1, seed=1)
    parts = [{pair.english for pair in part} for part in split]
    assert sum(map(len, split)) == len(PAIRS) == len(set.union(*parts))
    assert abs(len(split.test) / len(PAIRS) - 0.1) < 1e-3 and abs(len(split.valid) / len(PAIRS) - 0.05) < 1e-3
    assert split == split_sentences(PAIRS, valid=0.05, test=0.1, seed=1)
    assert split.test != split_sentences(PAIRS, valid=0.05, test=0.1, seed=2).test


def test_split_sentences_holds_out_of_every_structure():
    held = {pair.structure for pair in split_sentences(PAIRS).test}
    large = {name for name, group in by_structure().items() if len(group) > 150}
    assert large <= held


@pytest.mark.parametrize("shares", [{"valid": -0.1}, {"test": 1.0}, {"valid": 0.5, "test": 0.5}])
def test_split_sentences_refuses_shares_out_of_range(shares):
    with pytest.raises(ValueError, match="expected at least 0 and below 1"):
        split_sentences(PAIRS[:10], **shares)


def test_split_constructions_holds_out_every_combination_and_no_part():
    split = split_constructions(PAIRS)
    seen = [pair.phenomena for pair in split.train + split.valid]
    assert not any(parts <= marks for parts in HELD_OUT for marks in seen)
    for parts in HELD_OUT:
        assert sum(parts <= pair.phenomena for pair in split.test) >= 50
        for phenomenon in parts:
            assert sum(phenomenon in pair.phenomena for pair in split.train) >= 500
    english = [{pair.english for pair in part} for part in split]
    assert sum(map(len, split)) == len(PAIRS) == len(set.union(*english))
    assert 0.01 < len(split.test) / len(PAIRS) < 0.15


def test_held_out_constructions_use_known_words():
    """What the test asks is new combinations, not new words."""
    split = split_constructions(PAIRS)
    known = {token.lower() for pair in split.train for token in pair.french_tokens}
    unknown = [
        pair for pair in split.test if not known.issuperset(token.lower() for token in pair.french_tokens)
    ]
    assert len(unknown) < 0.03 * len(split.test)


@pytest.mark.parametrize(
    ("held_out", "message"),
    [
        ([{"negation"}], "at least two"),
        ([{"negation", "nonsense"}], "no pair shows"),
        ([{"imperative", "superlative"}], "no pair"),
    ],
)
def test_split_constructions_refuses_what_it_cannot_hold_out(held_out, message):
    with pytest.raises(ValueError, match=message):
        split_constructions(PAIRS, held_out)
