"""Questions: yes or no with est-ce que, question words, and the few short ones that French turns round."""

# ruff: noqa: E501  (a row of a table stays on one line)

from typing import Any

from rnnlib.data.phrasebook import english, french
from rnnlib.data.phrasebook.build import (
    ADVERBS,
    Draw,
    activities,
    agreeing,
    as_subject,
    ask,
    deed,
    matching,
    noun_phrase,
    say,
    some_adjective,
    timed,
)
from rnnlib.data.phrasebook.lexicon import (
    ADJECTIVES,
    CALLS,
    DAILY,
    HABITS,
    HE,
    KINFOLK,
    NAMED,
    PROGRESS,
    SHE,
    THEY,
    TRANSITIVE,
    WISHES,
    YEARLY,
    YOU,
    Activity,
    person,
)
from rnnlib.data.phrasebook.statements import BE, FEELINGS, LIKES, MOODS, PERSONAL, PLACES, THERE_IS
from rnnlib.data.phrasebook.structure import structure
from rnnlib.data.phrasebook.words import Both, Subject, Word, both, listed, rows, tagged

MARK = both("?/PUNCT = ?/PUNCT")
HERS = [who for who in KINFOLK if who.english[0].text in ("your", "his", "her", "their")]


def asked(draw: Draw, *, third: float = 0.35) -> Subject:
    """Whom a question is about: mostly `you`, called by a name that shows tu or vous, sometimes others."""
    if draw.chance(third):
        return draw([HE, SHE, THEY] if draw.chance(0.4) else HERS + NAMED)
    return YOU if draw.chance(0.2) else draw(CALLS)


def end(who: Subject) -> Both:
    """The question's end: how `you` is called, and the mark."""
    return who.call + MARK


@structure(490)
def asks_habit(draw: Draw) -> Both:
    """Do you often play tennis, Marie?"""
    who, action = asked(draw), draw(HABITS)
    if draw.chance(0.5):
        return ask(who, "habit", action, adverb=ADVERBS["often"]) + end(who)
    return ask(who, "habit", action) + timed(draw, "habit", action.fits) + end(who)


@structure(490)
def asks_past(draw: Draw) -> Both:
    """Did she go to bed early yesterday evening?"""
    who = asked(draw)
    if draw.chance(0.5):
        action = draw(DAILY)
        return ask(who, "past", action) + timed(draw, "past", action.fits) + end(who)
    done = deed(draw, draw(matching("d")))
    return ask(who, "past", done.action) + end(who)


@structure(490)
def asks_perfect(draw: Draw) -> Both:
    """Have you already read this novel, sir?"""
    who = asked(draw)
    return ask(who, "perfect", deed(draw, draw(matching("d")), kinds=("the", "this")).action,
               adverb=ADVERBS["already"]) + end(who)  # fmt: skip


ASKED_MOODS = listed(
    "tired ill happy sad ready busy curious jealous careful patient surprised worried proud shy serious"
)


@structure(380)
def asks_mood(draw: Draw) -> Both:
    """Are you tired, children? Was he ill yesterday?"""
    who = asked(draw)
    adjective = draw(ASKED_MOODS if who.form in (1, 4) else MOODS)
    spoken = agreeing(ADJECTIVES[adjective], who.feminine, who.plural)._replace(mark="predicate_adjective")
    so = BE._replace(complement=Both((Word(adjective, "ADJ"),), (spoken,)))
    if adjective in listed("tired ill happy sad ready busy worried") and draw.chance(0.4):
        return ask(who, "state past", so) + both("yesterday/NOUN = hier/ADV") + end(who)
    return ask(who, "habit", so) + end(who)


@structure(270)
def asks_feeling(draw: Draw) -> Both:
    """Are you hungry, Lucas? Does he need help?"""
    who = asked(draw)
    return ask(
        who, "habit", draw([f for f in FEELINGS if f.complement.english[0].text not in ("right", "wrong")])
    ) + end(who)


@structure(270)
def asks_taste(draw: Draw) -> Both:
    """Do you like cheese, madam?"""
    who = asked(draw)
    return ask(who, "habit", draw([like for like in LIKES if like.english != "hate"])) + end(who)


DAILY_WISHES = [action for action in WISHES if "d" in action.fits]


@structure(490)
def asks_wish(draw: Draw) -> Both:
    """Can you close the window? Would you like to go to the beach tomorrow, Emma?"""
    who = asked(draw)
    tense = draw(["want", "would like", "can", "going to"])
    action = draw(DAILY_WISHES if tense == "can" else WISHES)
    said = ask(who, tense, action)
    if "d" in action.fits and draw.chance(0.4):
        said += timed(draw, "future", action.fits)
    return said + end(who)


@structure(270)
def asks_there(draw: Draw) -> Both:
    """Is there a pharmacy near here? Are there trees behind the school?"""
    place, _, nouns = draw(PLACES)
    noun = draw(nouns)
    adjective = some_adjective(
        draw, noun, 0.35, "French English Italian Spanish lazy important kind expensive"
    )
    there = Subject(*both("there/PRON = il/PRON"), 2)
    tense = draw(["habit", "habit", "state past"])
    return (
        ask(there, tense, THERE_IS._replace(complement=noun_phrase(noun, "a", adjective).both)) + place + MARK
    )


def wh(words: Both, who: Subject, tense: str, action: Activity, **options: Any) -> Both:
    """A question word before the question: où est-ce que, pourquoi est-ce que."""
    return words + ask(who, tense, action, **options)


WHERE = both("where/ADV = où/ADV/wh_question")
WHEN = both("when/ADV = quand/ADV/wh_question")
WHY = both("why/ADV = pourquoi/ADV/wh_question")
WHAT_TIME = both("what/DET time/NOUN = à/ADP quelle/DET/wh_question heure/NOUN")


@structure(490)
def where_when(draw: Draw) -> Both:
    """Where did you buy this dress, Claire? When did they sell the house?"""
    who = asked(draw, third=0.5)
    kind = draw(["buy", "buy", "find", "year", "live", "see", "go"])
    if kind == "year":
        return wh(WHEN, who, draw(["past", "going to"]), draw(YEARLY)) + end(who)
    if kind == "live":
        return wh(WHERE, who, "habit", draw(activities("live | habiter\nwork | travailler"))) + end(who)
    if kind == "see":
        action = draw(
            activities("arrive | arriver\nleave | partir\ncome back | revenir\nget married/ADJ | se marier")
        )
        return wh(WHEN, who, draw(["past", "going to"]), action) + end(who)
    if kind == "go":
        action = draw(activities("have lunch/NOUN | déjeuner\nlearn to/PART swim/VERB | apprendre à/ADP nager/VERB/infinitive\n"
                                 "learn French/NOUN | apprendre le/DET français/NOUN"))  # fmt: skip
        return wh(WHERE, who, "past", action) + end(who)
    row = draw([row for row in TRANSITIVE if row[0] == kind])
    return wh(WHERE, who, "past", deed(draw, row, kinds=("this", "the")).action) + end(who)


@structure(380)
def why(draw: Draw) -> Both:
    """Why isn't she coming with us? Why did you sell the car, Paul?"""
    who, kind = asked(draw, third=0.5), draw(["now", "past", "state", "not"])
    if kind == "state":
        adjective = draw(listed("sad tired worried surprised jealous happy busy"))
        spoken = agreeing(ADJECTIVES[adjective], who.feminine, who.plural)._replace(
            mark="predicate_adjective"
        )
        so = BE._replace(complement=Both((Word(adjective, "ADJ"),), (spoken,)))
        return wh(WHY, who, draw(["habit", "state past"]), so) + end(who)
    if kind == "now":
        return wh(WHY, who, "now", draw(REASONED)) + end(who)
    if kind == "not":
        return wh(WHY, who, "past", draw(REASONED + DAILY[:12]), negation="pas") + end(who)
    done = deed(draw, draw(matching("d")), kinds=("the", "this"))
    return wh(WHY, who, "past", done.action) + end(who)


REASONED = activities("""
    cry      | pleurer
    laugh    | rire
    run      | courir
    smile    | sourire
    wait     | attendre
    leave    | partir
    sing     | chanter
    shout    | crier
    go home  | rentrer
    """)


@structure(320)
def what_time(draw: Draw) -> Both:
    """What time does the train leave? What time did you get up, Marie?"""
    who = asked(draw, third=0.5)
    action = draw(HOURLY)
    return wh(WHAT_TIME, who, draw(["habit", "past", "will", "going to"]), action) + end(who)


HOURLY = activities("""
    get up   | se lever
    wake up  | se réveiller
    go to/ADP bed/NOUN | se coucher
    have dinner/NOUN   | dîner
    have lunch/NOUN    | déjeuner
    have breakfast/NOUN | prendre le/DET petit-déjeuner/NOUN
    come home | rentrer
    leave    | partir
    arrive   | arriver
    start work/NOUN | commencer le/DET travail/NOUN
    take the/DET bus/NOUN | prendre le/DET bus/NOUN
    go to/ADP the/DET cinema/NOUN | aller à/ADP le/DET cinéma/NOUN
    feed the/DET cat/NOUN | nourrir le/DET chat/NOUN
    walk the/DET dog/NOUN | promener le/DET chien/NOUN
    """)
WHAT = both("what/PRON = que/PRON/wh_question")


@structure(270)
def what(draw: Draw) -> Both:
    """What is your son drawing? What did you buy yesterday, Lucas? qu'est-ce que"""
    who, row = asked(draw, third=0.5), draw([row for row in TRANSITIVE if row[0] in WHAT_VERBS])
    action = activities(f"{row[0]} | {row[1]}")[0]
    tense = draw(["now", "past", "going to", "want"] if "p" in row[2] else ["past", "going to", "want"])
    if tense == "now" or draw.chance(0.4):
        return wh(WHAT, who, tense, action) + end(who)
    return (
        wh(WHAT, who, tense, action) + timed(draw, "past" if tense == "past" else "future", row[2]) + end(who)
    )


WHAT_VERBS = listed("read write buy sell repair eat prepare paint draw choose visit bring plant translate")


@structure(490)
def which(draw: Draw) -> Both:
    """Which dress did you choose, Julie? Quelle robe est-ce que tu as choisie, Julie ?"""
    who, row = asked(draw, third=0.5), draw([row for row in TRANSITIVE if row[0] in WHICH_VERBS])
    noun = draw(row[4])
    plural = draw.chance(0.3)
    thing = noun_phrase(noun, "bare", "", plural)
    what = ("quelles" if plural else "quelle") if thing.feminine else ("quels" if plural else "quel")
    front = Both(tagged("which/DET"), (Word(what, "DET", "wh_question"),)) + thing.both
    action = activities(f"{row[0]} | {row[1]}")[0]
    agree = (thing.feminine, plural)
    return wh(front, who, "past", action, agree=agree) + end(who)


WHICH_VERBS = listed("read buy sell repair choose visit watch borrow translate wash finish bring close open")


@structure(270)
def how_many(draw: Draw) -> Both:
    """How many letters did she write? Combien de lettres est-ce qu'elle a écrites ?"""
    who, row = asked(draw, third=0.6), draw([row for row in TRANSITIVE if row[0] in COUNTED_VERBS])
    noun = draw([noun for noun in row[4] if noun not in listed("soup newspaper flat")])
    thing = noun_phrase(noun, "bare", "", True)
    front = both("how/ADV many/ADJ = combien/ADV/wh_question de/ADP") + thing.both
    action = activities(f"{row[0]} | {row[1]}")[0]
    return wh(front, who, "past", action, agree=(thing.feminine, True)) + end(who)


COUNTED_VERBS = listed("read write buy sell repair visit borrow eat plant translate break draw")


@structure(380)
def who_did(draw: Draw) -> Both:
    """Who repaired the bike? Who is playing the piano?"""
    someone = Subject(*both("who/PRON = qui/PRON/wh_question"), 2)
    kind = draw(["now", "past", "past", "will"])
    if kind == "past":
        done = deed(draw, draw(matching("dl")), kinds=("the", "this"))
        return say(someone, "past", done.action) + MARK
    if kind == "now":
        return (
            say(
                someone,
                "now",
                draw([a for a in PROGRESS if not any(w.tag == "OWN" for w in a.complement.english)]),
            )
            + MARK
        )
    done = deed(draw, draw(matching("d")), kinds=("the", "this"))
    return say(someone, draw(["will", "want", "can"]), done.action) + MARK


@structure(270)
def how_much(draw: Draw) -> Both:
    """How much does this coat cost? Combien coûte ce manteau ?"""
    noun = draw(SOLD)
    plural = noun in ("shoe", "glove") or draw.chance(0.3)
    thing = noun_phrase(
        noun, "this" if draw.chance(0.7) else "the", some_adjective(draw, noun, 0.6, UNSOLD), plural
    )
    who = as_subject(thing)
    price = activities("cost | coûter")[0]
    asked_price = ask(who, "habit", price).english
    spoken = french.conjugate("coûter", "present", who.form)
    return Both(
        tagged("how/ADV much/ADV") + asked_price,
        tagged(f"combien/ADV/wh_question {spoken}/VERB") + who.french,
    ) + MARK  # fmt: skip


SOLD = listed(
    "book dictionary hat shirt dress coat jacket scarf tie sweater skirt umbrella ring watch car bike boat "
    "house flat"
)
SOLD += listed(
    "table chair armchair lamp mirror carpet clock phone computer radio bag suitcase painting pen vase ball"
)
SOLD += listed("guitar piano ticket flower cake sandwich shoe glove apple pear orange")
UNSOLD = "expensive clean broken boring difficult"


@structure(60)
def how_old(draw: Draw) -> Both:
    """How old is your brother? Quel âge a ton frère ?"""
    who = draw(HERS + NAMED)
    has = Word(french.conjugate("avoir", "present", who.form), "VERB")
    be = english.verb_group(who.form, "be", "present")[0]
    return Both(tagged("how/ADV old/ADJ") + be + who.english,
                tagged("quel/DET/wh_question âge/NOUN") + (has,) + who.french) + MARK  # fmt: skip


@structure(270)
def where_is(draw: Draw) -> Both:
    """Where are my black shoes? Où sont mes chaussures noires ?"""
    if draw.chance(0.25):
        who = draw(HERS + NAMED + PUBLIC)
    else:
        noun = draw(PERSONAL[:22] + PERSONAL[25:30])
        plural = noun in ("key", "shoe", "glove") or draw.chance(0.2)
        thing = noun_phrase(noun, draw(["my", "my", "the"]), some_adjective(draw, noun, 0.5, UNSOLD), plural)
        who = as_subject(thing, *draw([(0, False), (1, False), (2, False), (2, True), (3, False)]))
    be = english.verb_group(who.form, "be", "present")[0]
    spoken = Word(french.conjugate("être", "present", who.form), "AUX")
    return (
        Both(tagged("where/ADV") + be + who.english, tagged("où/ADV/wh_question") + (spoken,) + who.french)
        + MARK
    )


PUBLIC = [
    person(row[0], 2, "la/" in row[0])
    for row in rows("""
    the/DET station/NOUN = la/DET gare/NOUN
    the/DET post/NOUN office/NOUN = la/DET poste/NOUN
    the/DET swimming/NOUN pool/NOUN = la/DET piscine/NOUN
    the/DET town/NOUN hall/NOUN = la/DET mairie/NOUN
    the/DET airport/NOUN = le/DET aéroport/NOUN
    the/DET museum/NOUN = le/DET musée/NOUN
    the/DET hospital/NOUN = le/DET hôpital/NOUN
    the/DET market/NOUN = le/DET marché/NOUN
    the/DET hotel/NOUN = le/DET hôtel/NOUN
    the/DET church/NOUN = la/DET église/NOUN
    the/DET bakery/NOUN = la/DET boulangerie/NOUN
    """)
]
