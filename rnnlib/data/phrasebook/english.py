"""English: verb forms, do-support, the order of words around the verb, a and an."""

from functools import cache

from rnnlib.data.phrasebook.words import Phrase, Subject, Word, listed, rows, tagged

# base | past | past participle, where they are not regular
IRREGULAR = {
    row[0]: (row[1], row[2])
    for row in rows("""
    be | was | been
    have | had | had
    do | did | done
    go | went | gone
    come | came | come
    become | became | become
    get | got | got
    make | made | made
    take | took | taken
    give | gave | given
    see | saw | seen
    know | knew | known
    say | said | said
    tell | told | told
    read | read | read
    write | wrote | written
    drink | drank | drunk
    eat | ate | eaten
    buy | bought | bought
    sell | sold | sold
    bring | brought | brought
    think | thought | thought
    find | found | found
    lose | lost | lost
    leave | left | left
    meet | met | met
    send | sent | sent
    lend | lent | lent
    keep | kept | kept
    sleep | slept | slept
    feel | felt | felt
    feed | fed | fed
    fall | fell | fallen
    break | broke | broken
    speak | spoke | spoken
    forget | forgot | forgotten
    choose | chose | chosen
    wear | wore | worn
    drive | drove | driven
    ride | rode | ridden
    rise | rose | risen
    run | ran | run
    swim | swam | swum
    sing | sang | sung
    begin | began | begun
    draw | drew | drawn
    grow | grew | grown
    build | built | built
    cut | cut | cut
    put | put | put
    hide | hid | hidden
    understand | understood | understood
    teach | taught | taught
    stand | stood | stood
    sit | sat | sat
    wake | woke | woken
    win | won | won
    pay | paid | paid
    hear | heard | heard
    ring | rang | rung
    hurt | hurt | hurt
    cost | cost | cost
    catch | caught | caught
    hold | held | held
    show | showed | shown
    lie | lied | lied
    born | born | born
    """)
}
DOUBLED = set(listed("stop plan drop travel run swim sit get put cut win shop chat begin")) | {"forget"}
BE = {"present": listed("am are is are are are"), "past": listed("was were was were were were"),
      "unreal": ["were"] * 6}  # fmt: skip
PARTICLES = {
    **dict.fromkeys(listed("at for to of from with in on about after"), "ADP"),
    **dict.fromkeys(listed("up out back down home away"), "ADV"),
}
MODALS = {
    "future": "will",
    "would": "would",
    "can": "can",
    "could": "could",
    "must": "must",
    "should": "should",
}
NOT_SHORT = {"am": tagged("am/AUX not/PART"), "must": tagged("must/AUX not/PART")}
SHORT = {"will": "won't", "can": "can't"}


def third_person(verb: str) -> str:
    """he reads, he watches, he carries."""
    if verb in ("have", "do", "go"):
        return {"have": "has", "do": "does", "go": "goes"}[verb]
    if verb.endswith(("s", "sh", "ch", "x", "z")):
        return verb + "es"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"


def ending(verb: str, suffix: str) -> str:
    """The verb with -ed or -ing: baked, tidied, stopped, lying."""
    if verb in DOUBLED:
        return verb + verb[-1] + suffix
    if suffix == "ing":
        if verb.endswith("ie"):
            return verb[:-2] + "ying"
        return (verb[:-1] if verb.endswith("e") and verb not in ("see", "be") else verb) + suffix
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + suffix


@cache
def past(verb: str, form: int) -> str:
    """The simple past."""
    if verb == "be":
        return BE["past"][form]
    return IRREGULAR[verb][0] if verb in IRREGULAR else ending(verb, "ed")


@cache
def participle(verb: str) -> str:
    """The past participle."""
    return IRREGULAR[verb][1] if verb in IRREGULAR else ending(verb, "ed")


@cache
def split_verb(verb: str) -> tuple[str, Phrase]:
    """A verb and its particles: look for -> look, (for)."""
    first, *rest = verb.split()
    return first, tuple(Word(word, PARTICLES[word]) for word in rest)


@cache
def verb_group(form: int, verb: str, tense: str) -> tuple[Phrase, Phrase]:
    """(auxiliary, rest), the auxiliary empty where only `do` could stand.

    Args:
        form: 0 to 5 for I, you, he, we, you, they.
        verb: base form with its particles, "look for".
        tense: present, progressive, past, unreal (if he were), past_progressive, perfect, pluperfect,
            perfect_progressive, used_to, going_to or a key of MODALS.
    """
    base, particles = split_verb(verb)
    tag = "AUX" if base == "be" else "VERB"
    if tense in MODALS:
        return (Word(MODALS[tense], "AUX"),), (Word(base, tag), *particles)
    if tense in ("perfect", "pluperfect"):
        have = "had" if tense == "pluperfect" else "has" if form == 2 else "have"
        return (Word(have, "AUX"),), (Word(participle(base), tag), *particles)
    if tense == "perfect_progressive":
        been = (Word("been", "AUX"), Word(ending(base, "ing"), "VERB"), *particles)
        return (Word("has" if form == 2 else "have", "AUX"),), been
    if tense in ("progressive", "past_progressive"):
        be = BE["past" if tense == "past_progressive" else "present"][form]
        return (Word(be, "AUX"),), (Word(ending(base, "ing"), "VERB"), *particles)
    if tense == "going_to":
        return (Word(BE["present"][form], "AUX"),), tagged("going/VERB to/PART") + (
            Word(base, tag),
            *particles,
        )
    if tense == "used_to":
        return (), tagged("used/VERB to/PART") + (Word(base, tag), *particles)
    if base == "be":
        return (Word(BE[tense][form], "AUX"),), particles
    spoken = past(base, form) if tense in ("past", "unreal") else third_person(base) if form == 2 else base
    return (), (Word(spoken, "VERB"), *particles)


def deny(auxiliary: Phrase) -> Phrase:
    """don't, isn't, won't, am not: contracted wherever English can."""
    word = auxiliary[0].text
    if word in NOT_SHORT:
        return NOT_SHORT[word]
    return (Word(SHORT.get(word, word + "n't"), "AUX"),)


def with_do(form: int, verb: str, tense: str) -> tuple[Phrase, Phrase]:
    """(auxiliary, rest) for questions and negations: the auxiliary is never empty."""
    auxiliary, rest = verb_group(form, verb, tense)
    if auxiliary:
        return auxiliary, rest
    base, particles = split_verb(verb)
    if tense == "used_to":
        return tagged("did/AUX"), tagged("use/VERB to/PART") + (Word(base, "VERB"), *particles)
    do = "did" if tense == "past" else "does" if form == 2 else "do"
    return (Word(do, "AUX"),), (Word(base, "VERB"), *particles)


def predicate(
    who: Subject, verb: str, tense: str, *, negated: bool = False, adverb: Phrase = (), after: Phrase = ()
) -> Phrase:
    """All from the verb on; `adverb` (often, never, already) stands before the main verb and behind
    auxiliaries.
    """
    if not negated:
        auxiliary, rest = verb_group(who.form, verb, tense)
        return auxiliary + adverb + rest + after
    auxiliary, rest = with_do(who.form, verb, tense)
    return deny(auxiliary) + adverb + rest + after


def question(
    who: Subject, verb: str, tense: str, *, negated: bool = False, adverb: Phrase = (), after: Phrase = ()
) -> Phrase:
    """Auxiliary, subject, rest: `Does she often read the newspaper`."""
    auxiliary, rest = with_do(who.form, verb, tense)
    return (deny(auxiliary) if negated else auxiliary) + who.english + adverb + rest + after


CONSONANT_SOUND = ("uni", "use", "euro", "one")
VOWEL_SOUND = ("hour", "honest")


def articles(phrase: Phrase) -> Phrase:
    """a or an, by the sound that follows."""
    words = list(phrase)
    for place, (word, after) in enumerate(zip(phrase, phrase[1:], strict=False)):
        if word.text == "a" and word.tag == "DET":
            text = after.text.lower()
            vowel = (
                text[0] in "aeiou" and not text.startswith(CONSONANT_SOUND) or text.startswith(VOWEL_SOUND)
            )
            words[place] = Word("an" if vowel else "a", "DET", word.mark)
    return tuple(words)


def gerund(verb: str) -> Phrase:
    """reading, looking for."""
    base, particles = split_verb(verb)
    return (Word(ending(base, "ing"), "VERB"), *particles)


def split_infinitive(verb: str) -> Phrase:
    """The base form with its particles."""
    base, particles = split_verb(verb)
    return (Word(base, "AUX" if base == "be" else "VERB"), *particles)
