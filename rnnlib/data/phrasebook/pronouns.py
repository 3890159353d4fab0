"""Pronouns: objects before the verb, y and en, after a preposition, in commands; nobody, nothing, only."""

# ruff: noqa: E501  (a row of a table stays on one line)

from typing import Any, NamedTuple

from rnnlib.data.phrasebook import english, french
from rnnlib.data.phrasebook.build import (
    ADVERBS,
    Draw,
    NounPhrase,
    activities,
    as_subject,
    ask,
    being,
    bind,
    deed,
    matching,
    noun_phrase,
    pronoun_for,
    say,
    some_adjective,
    timed,
)
from rnnlib.data.phrasebook.lexicon import (
    CALLS,
    HE,
    KINFOLK,
    NAMED,
    NOUNS,
    SHE,
    TIMES,
    TRANSITIVE,
    WE,
    YOU,
    Activity,
    I,
    Row,
)
from rnnlib.data.phrasebook.questions import HERS, MARK, asked, end
from rnnlib.data.phrasebook.statements import COUNT, DRINK, FOOD, NOT_PREDICATED, SMALL_NUMBERS, some
from rnnlib.data.phrasebook.structure import structure
from rnnlib.data.phrasebook.words import Both, Phrase, Subject, Word, both, listed, tagged

STOP = both("./PUNCT = ./PUNCT")
EXCLAIM = both("!/PUNCT = !/PUNCT")


class Other(NamedTuple):
    """A person as an object: English, French as direct and indirect object and behind a preposition."""

    english: str
    direct: str
    indirect: str
    stressed: str
    form: int
    feminine: bool = False
    plural: bool = False

    @property
    def agree(self) -> tuple[bool, bool]:
        """What a past participle behind the direct pronoun agrees with."""
        return self.feminine, self.plural


OTHERS = [
    Other("me", "me", "me", "moi", 0),
    Other("you", "te", "te", "toi", 1),
    Other("him", "le", "lui", "lui", 2),
    Other("her", "la", "lui", "elle", 2, feminine=True),
    Other("us", "nous", "nous", "nous", 3, plural=True),
    Other("them", "les", "leur", "eux", 5, plural=True),
]


def somebody_else(draw: Draw, who: Subject) -> Other:
    """A person who is not the subject, nor one of them."""
    own = {0: (0, 3), 3: (0, 3), 1: (1,), 4: (1,)}.get(who.form, ())
    return draw([other for other in OTHERS if other.form not in own])


def pronoun(word: str) -> Phrase:
    """A French object pronoun."""
    return (french.clitic(word),)


def object_of(word: str) -> Phrase:
    """An English object pronoun."""
    return tagged(f"{word}/PRON")


# English | French | the tenses that suit
MEETINGS = [(activities(f"{row[0]} | {row[1]}")[0], row[2].split()) for row in [
    ("see", "voir", "past will habit going"), ("know", "connaître", "state"), ("call", "appeler", "past will habit going"),
    ("wait for", "attendre", "past now will"), ("help", "aider", "past will habit now going can"),
    ("invite", "inviter", "past will going"), ("meet", "rencontrer", "past"), ("thank", "remercier", "past going"),
    ("look for", "chercher", "now past"), ("understand", "comprendre", "state"), ("recognise", "reconnaître", "past"),
    ("follow", "suivre", "past now"), ("find", "trouver", "past"), ("believe", "croire", "state"),
    ("hear", "entendre", "past can"),
]]  # fmt: skip
TALKS = [(activities(f"{row[0]} | {row[1]}")[0], row[2].split()) for row in [
    ("phone", "téléphoner", "past will habit going"), ("speak to", "parler", "past will habit going can"),
    ("answer", "répondre", "past will going"), ("write to", "écrire", "past will habit going"),
    ("lie to", "mentir", "past habit"), ("smile at", "sourire", "past habit"),
]]  # fmt: skip


def to_person(
    draw: Draw,
    who: Subject,
    action: Activity,
    kinds: list[str],
    word: str,
    other: Other,
    agree: tuple[bool, bool] | None,
) -> Both:
    """A clause with a pronoun for a person, in one of the tenses that suit the verb."""
    options: dict[str, Any]
    kind, options = draw(kinds), {"english_only": object_of(other.english), "clitics": pronoun(word)}
    if kind == "state":
        return say(who, "habit", action, draw(["", "pas", "pas"]), **options)
    if kind == "habit":
        if draw.chance(0.5):
            return say(who, "habit", action, draw(["jamais", "plus"]), **options)
        return say(
            who, "habit", action, adverb=ADVERBS[draw(["often", "sometimes", "always", "rarely"])], **options
        )
    if kind == "now":
        return say(who, "now", action, draw(["", "pas"]), **options)
    if kind == "past":
        negation = draw(["", "", "pas"])
        said = say(who, "past", action, negation, agree=agree, **options)
        return said + timed(draw, "past", "", ago=not negation) if draw.chance(0.6) else said
    if kind == "can":
        return say(who, "can", action, draw(["", "pas"]), **options)
    said = say(who, "will" if kind == "will" else "going to", action, draw(["", "pas"]), **options)
    return said + timed(draw, "future", "") if draw.chance(0.6) else said


@structure(820)
def person_direct(draw: Draw) -> Both:
    """She often sees him. We didn't recognise her: nous ne l'avons pas reconnue."""
    who, (action, kinds) = draw.who(), draw(MEETINGS)
    other = somebody_else(draw, who)
    return to_person(draw, who, action, kinds, other.direct, other, other.agree)


@structure(490)
def person_indirect(draw: Draw) -> Both:
    """I phoned them yesterday: je leur ai téléphoné."""
    who, (action, kinds) = draw.who(), draw(TALKS)
    other = somebody_else(draw, who)
    return to_person(draw, who, action, kinds, other.indirect, other, None)


@structure(270)
def person_asked(draw: Draw) -> Both:
    """Do you know her, Paul? Did they answer you? Est-ce qu'ils t'ont répondu ?"""
    who = asked(draw, third=0.4)
    direct = draw.chance(0.6)
    action, kinds = draw(MEETINGS if direct else TALKS)
    other = draw(
        [other for other in OTHERS if other.form in ((0, 2, 3, 5) if who.form in (1, 4) else (1, 2, 5))]
    )
    options = {
        "english_only": object_of(other.english),
        "clitics": pronoun(other.direct if direct else other.indirect),
    }
    if "state" in kinds:
        return ask(who, "habit", action, **options) + end(who)
    if "past" in kinds and draw.chance(0.6):
        return ask(who, "past", action, agree=other.agree if direct else None, **options) + end(who)
    return ask(who, "going to", action, **options) + end(who) if "going" in kinds else ask(
        who, "past", action, agree=other.agree if direct else None, **options) + end(who)  # fmt: skip


def it_for(feminine: bool, plural: bool) -> tuple[Phrase, Phrase]:
    """(English, French) pronouns for a thing named before."""
    return object_of("them" if plural else "it"), pronoun("les" if plural else "la" if feminine else "le")


PLURALS = listed(
    "book letter photo flower apple glass plate cup shoe poem article key ticket glove window door chair"
)


def thing_named(
    draw: Draw, row: Row, kinds: tuple[str, ...] = ("this",), adjective: float = 0.3
) -> NounPhrase:
    """A thing that the verb of the row can be done to, in the singular or the plural."""
    noun = draw(row[4])
    plural = noun in PLURALS and draw.chance(0.35)
    return noun_phrase(noun, draw(kinds), some_adjective(draw, noun, adjective, "broken clean dirty"), plural)


@structure(650)
def taken_up(draw: Draw) -> Both:
    """These letters? Marie has already read them: Marie les a déjà lues."""
    row = draw(matching("d"))
    thing = thing_named(draw, row, ("this", "the"))
    theirs, ours = it_for(thing.feminine, thing.plural)
    options: dict[str, Any] = {
        "english_only": theirs,
        "clitics": ours,
        "agree": (thing.feminine, thing.plural),
    }
    action, who = activities(f"{row[0]} | {row[1]}")[0], draw.who()
    front = thing.both + MARK
    kind = draw(["already", "not yet", "past", "not"])
    if kind == "already":
        return front + say(who, "perfect", action, adverb=ADVERBS["already"], **options)
    if kind == "not yet":
        return front + say(who, "perfect", action, "pas encore", **options)
    if kind == "not":
        return front + say(who, "past", action, "pas", **options)
    return front + say(who, "past", action, **options) + timed(draw, "past", row[2])


@structure(540)
def judged_and_done(draw: Draw) -> Both:
    """This film is very good. You should see it. Ce film est très bon. Tu devrais le voir."""
    row = draw([row for row in TRANSITIVE if row[0] in JUDGED])
    noun = draw(row[4])
    fitting = [a for a in NOUNS[noun].adjectives if a in PRAISE] or ["beautiful"]
    plural = noun in PLURALS and draw.chance(0.3)
    thing = noun_phrase(noun, "this", "", plural)
    theirs, ours = it_for(thing.feminine, plural)
    options = {"english_only": theirs, "clitics": ours}
    verdict = being(as_subject(thing), draw(fitting), degree=draw([Both(), both("very/ADV = très/ADV")]))
    action, who = activities(f"{row[0]} | {row[1]}")[0], draw.who()
    kind = draw(["should", "want", "going to", "past", "will"])
    if kind == "past":
        return (
            verdict
            + STOP
            + say(who, "past", action, agree=(thing.feminine, plural), **options)
            + timed(draw, "past", row[2])
        )
    if kind == "should":
        who = draw([YOU, WE, I])
    return verdict + STOP + say(who, kind, action, "", **options)


JUDGED = ["read", "see", "visit", "buy", "listen to", "watch", "translate"]
PRAISE = listed(
    "good interesting funny beautiful important delicious expensive comfortable pretty famous quiet fast"
)


@structure(380)
def lost_and_found(draw: Draw) -> Both:
    """Where are my keys? I can't find them. Où sont mes clés ? Je ne les trouve pas."""
    noun = draw(
        listed(
            "key wallet phone watch umbrella passport ticket hat scarf glove bag book coat ring pen shoe "
            "jacket"
        )
    )
    plural = noun in ("glove", "shoe") or noun in ("key", "book", "ticket") and draw.chance(0.4)
    who = draw([I, I, WE])
    thing = noun_phrase(noun, "my", some_adjective(draw, noun, 0.5, "expensive clean comfortable beautiful good "
                                                  "interesting boring difficult funny heavy"), plural)  # fmt: skip
    owned = as_subject(thing, who.form)
    be, etre = (
        english.verb_group(owned.form, "be", "present")[0],
        french.conjugate("être", "present", owned.form),
    )
    front = (
        Both(
            tagged("where/ADV") + be + owned.english, tagged(f"où/ADV/wh_question {etre}/AUX") + owned.french
        )
        + MARK
    )
    theirs, ours = it_for(thing.feminine, plural)
    find, look, see, lose = activities("find | trouver\nlook for | chercher\nsee | voir\nlose | perdre")
    kind = draw(["find", "look", "see", "lose"])
    options = {"english_only": theirs, "clitics": ours}
    if kind == "look":
        return (
            front
            + say(who, "doing since", look, **options)
            + both("for/ADP an/DET hour/NOUN = depuis/ADP une/DET heure/NOUN")
        )
    if kind == "lose":
        return front + say(who, "perfect", lose, agree=(thing.feminine, plural), **options)
    action = find if kind == "find" else see
    cannot = Both(who.english + english.predicate(who, action.english, "can", negated=True, after=theirs),
                  say(who, "habit", action, "pas", clitics=ours).french)  # fmt: skip
    return front + cannot


GIFTS = [(activities(f"{a} | {b}")[0], nouns.split()) for a, b, nouns in [
    ("give", "donner", "book ring watch photo key ticket scarf umbrella dictionary record"),
    ("show", "montrer", "photo letter painting house garden ring poem report list flat"),
    ("lend", "prêter", "book bike car umbrella dictionary computer pen guitar suitcase"),
    ("send", "envoyer", "letter photo parcel message gift report list"),
    ("bring", "apporter", "newspaper book parcel letter gift key dessert"),
    ("sell", "vendre", "car bike flat house piano guitar boat painting"),
    ("read", "lire", "letter poem story message article"),
    ("explain", "expliquer", "rule problem exercise joke question"),
]]  # fmt: skip


@structure(710)
def given(draw: Draw) -> Both:
    """He gave me the old watch. Their aunt will lend them the car: leur tante leur prêtera la voiture."""
    who, (action, nouns) = draw.who(), draw(GIFTS)
    other, noun = somebody_else(draw, who), draw(nouns)
    kind = "a" if action.english in ("give", "send", "read", "bring") and draw.chance(0.5) else "the"
    word = some_adjective(draw, noun, 0.3, "expensive broken dangerous difficult boring quiet fast delicious")
    thing = noun_phrase(noun, kind, word).both
    clitics, to = pronoun(other.indirect), object_of(other.english)
    if action.english == "explain":
        action = action._replace(complement=thing + Both(tagged("to/ADP") + to, ()))
        options = {"clitics": clitics}
    else:
        action = action._replace(complement=thing)
        options = {"clitics": clitics, "english_only": to}
    tense = draw(["past", "past", "will", "going to", "want", "can"])
    negation = draw(["", "", "pas"]) if kind == "the" else ""
    said = say(who, tense, action, negation, **options)
    if tense in ("past", "will", "going to") and draw.chance(0.5):
        return said + timed(draw, "past" if tense == "past" else "future", "", ago=not negation)
    return said


@structure(540)
def given_it(draw: Draw) -> Both:
    """This ring is beautiful. Paul gave it to me. Paul me l'a donnée."""
    who, (action, nouns) = draw(NAMED + KINFOLK + [HE, SHE]), draw(GIFTS[:6])
    other, noun = somebody_else(draw, who), draw(nouns)
    plural = noun in ("book", "photo", "letter", "ticket") and draw.chance(0.3)
    thing = noun_phrase(noun, "this", "", plural)
    fitting = [word for word in NOUNS[noun].adjectives if word not in NOT_PREDICATED] or ["important"]
    adjective = draw([word for word in fitting if word not in ("fast", "heavy")] or ["important"])
    clitics = pronoun(other.indirect) + it_for(thing.feminine, plural)[1]
    after = it_for(thing.feminine, plural)[0] + tagged("to/ADP") + object_of(other.english)
    tense = draw(["past", "past", "going to", "will"])
    said = say(who, tense, action, clitics=clitics, english_only=after,
               agree=(thing.feminine, plural) if tense == "past" else None)  # fmt: skip
    return being(as_subject(thing), adjective) + STOP + said


THERE = [(both(row[0]), row[1]) for row in [
    ("the/DET beach/NOUN = la/DET plage/NOUN", "go"), ("the/DET cinema/NOUN = le/DET cinéma/NOUN", "go"),
    ("the/DET market/NOUN = le/DET marché/NOUN", "go"), ("the/DET library/NOUN = la/DET bibliothèque/NOUN", "go"),
    ("the/DET swimming/NOUN pool/NOUN = la/DET piscine/NOUN", "go"), ("the/DET theatre/NOUN = le/DET théâtre/NOUN", "go"),
    ("the/DET museum/NOUN = le/DET musée/NOUN", "go"), ("this/DET restaurant/NOUN = ce/DET/demonstrative restaurant/NOUN", "eat"),
    ("this/DET café/NOUN = ce/DET/demonstrative café/NOUN", "eat"),
    ("this/DET town/NOUN = cette/DET/demonstrative ville/NOUN", "live"),
    ("this/DET village/NOUN = ce/DET/demonstrative village/NOUN", "live"),
    ("this/DET house/NOUN = cette/DET/demonstrative maison/NOUN", "live"),
    ("Paris/PROPN = Paris/PROPN", "live"), ("Italy/PROPN = la/DET Italie/PROPN", "travel"),
    ("Spain/PROPN = la/DET Espagne/PROPN", "travel"), ("Canada/PROPN = le/DET Canada/PROPN", "travel"),
]]  # fmt: skip
THERE_DONE = {
    "go": activities("go there/ADV | aller"), "eat": activities("have lunch/NOUN there/ADV | déjeuner"),
    "live": activities("live there/ADV | habiter"), "travel": activities("go there/ADV | aller"),
}  # fmt: skip
Y = tagged("y/PRON/clitic_y")
EN = tagged("en/PRON/clitic_en")


@structure(320)
def there_y(draw: Draw) -> Both:
    """The library? We go there every day: nous y allons tous les jours."""
    (place, kind), who = draw(THERE), draw.who()
    front, action = place + MARK, draw(THERE_DONE[kind])
    if kind == "live":
        if draw.chance(0.5):
            return (
                front
                + say(who, "since", action, clitics=Y)
                + both("for/ADP ten/NUM years/NOUN = depuis/ADP dix/NUM/number ans/NOUN")
            )
        return front + say(who, draw(["habit", "used to"]), action, clitics=Y)
    long = "_long" if kind == "travel" else ""
    tense = draw(["past", "going to", "will", "never", "habit"])
    if tense == "never":
        return front + say(who, "habit", action, "jamais", clitics=Y)
    if tense == "habit":
        return front + say(who, "habit", action, adverb=ADVERBS["often"], clitics=Y)
    return (
        front
        + say(who, tense, action, clitics=Y)
        + timed(draw, ("past" if tense == "past" else "future") + long, "A")
    )


@structure(380)
def some_en(draw: Draw) -> Both:
    """How many cats does she have? She has three: elle en a trois. Coffee? I don't drink any: je n'en bois
    pas.
    """
    if draw.chance(0.5):
        who = draw(HERS + NAMED)
        noun = draw(
            listed("cat dog horse bike car watch umbrella hat guitar book computer friend rabbit phone")
        )
        things, number = noun_phrase(noun, "bare", "", True), draw(SMALL_NUMBERS)
        front = both("how/ADV many/ADJ = combien/ADV/wh_question de/ADP") + things.both
        short = pronoun_for(who)
        have = activities("have | avoir")[0]
        return (
            front
            + ask(who, "habit", have)
            + MARK
            + say(short, "habit", have._replace(complement=COUNT[number]), clitics=EN)
        )
    eats = draw.chance(0.5)
    food, who = draw(FOOD if eats else DRINK), draw.who()
    action = activities("eat | manger" if eats else "drink | boire")[0]
    front = food + MARK
    if draw.chance(0.5):
        return front + say(
            who, "habit", action, draw(["pas", "plus", "jamais"]), clitics=EN, english_only=tagged("any/PRON")
        )
    return (
        front
        + say(who, "past", action, clitics=EN, english_only=tagged("some/PRON"))
        + timed(draw, "past", "")
    )


TOGETHER = activities("""
    come     | venir
    live     | habiter
    work     | travailler
    play tennis/NOUN | jouer à/ADP le/DET tennis/NOUN
    go to/ADP the/DET cinema/NOUN | aller à/ADP le/DET cinéma/NOUN
    have dinner/NOUN | dîner
    have lunch/NOUN  | déjeuner
    travel   | voyager
    dance    | danser
    sing     | chanter
    leave    | partir
    go to/ADP the/DET beach/NOUN | aller à/ADP la/DET plage/NOUN
    """)
WITHOUT_TOO = [("with", "avec"), ("without", "sans")]


@structure(490)
def stressed(draw: Draw) -> Both:
    """Marie is coming with us. They left without him: ils sont partis sans lui."""
    who = draw.who(you=False)
    other, action = somebody_else(draw, who), draw(TOGETHER)
    word, mot = draw(WITHOUT_TOO) if action.english in ("leave", "travel", "come") else WITHOUT_TOO[0]
    company = Both(
        tagged(f"{word}/ADP {other.english}/PRON"),
        tagged(f"{mot}/ADP {other.stressed}/PRON/stressed_pronoun"),
    )
    action = action._replace(complement=action.complement + company)
    tense = draw(["past", "will", "going to", "want", "would like"])
    if action.english in ("live", "work"):
        return say(who, draw(["habit", "used to", "want"]), action)
    negation = draw(["", "", "pas"]) if word == "with" and tense in ("want", "past", "going to") else ""
    said = say(who, tense, action, negation)
    if tense in ("past", "will", "going to") and draw.chance(0.5):
        return said + timed(draw, "past" if tense == "past" else "future", "E", ago=False)
    return said


# Commands: English | French | where a pronoun stands for "it"
ORDERS = activities("""
    close the/DET door/NOUN      | fermer la/DET porte/NOUN
    open the/DET window/NOUN     | ouvrir la/DET fenêtre/NOUN
    open the/DET box/NOUN        | ouvrir la/DET boîte/NOUN
    listen to this/DET song/NOUN | écouter cette/DET/demonstrative chanson/NOUN
    read this/DET article/NOUN   | lire cet/DET/demonstrative article/NOUN
    read the/DET question/NOUN   | lire la/DET question/NOUN
    write this/DET word/NOUN     | écrire ce/DET/demonstrative mot/NOUN
    learn these/DET words/NOUN   | apprendre ces/DET/demonstrative mots/NOUN
    wash the/DET plates/NOUN     | laver les/DET assiettes/NOUN
    tidy my/OWN room/NOUN        | ranger ma/OWN chambre/NOUN
    do my/OWN homework/NOUN      | faire mes/OWN devoirs/NOUN
    finish my/OWN soup/NOUN      | finir ma/OWN soupe/NOUN
    eat my/OWN vegetables/NOUN   | manger mes/OWN légumes/NOUN
    drink this/DET water/NOUN    | boire cette/DET/demonstrative eau/NOUN
    look at this/DET photo/NOUN  | regarder cette/DET/demonstrative photo/NOUN
    look at the/DET sky/NOUN     | regarder le/DET ciel/NOUN
    take the/DET train/NOUN      | prendre le/DET train/NOUN
    take my/OWN umbrella/NOUN    | prendre mon/OWN parapluie/NOUN
    wait for the/DET bus/NOUN    | attendre le/DET bus/NOUN
    wait here/ADV                | attendre ici/ADV
    come here/ADV                | venir ici/ADV
    go home/ADV                  | rentrer à/ADP la/DET maison/NOUN
    go to/ADP the/DET market/NOUN | aller à/ADP le/DET marché/NOUN
    stay in/ADP the/DET kitchen/NOUN | rester dans/ADP la/DET cuisine/NOUN
    play in/ADP the/DET garden/NOUN | jouer dans/ADP le/DET jardin/NOUN
    speak more/ADV slowly/ADV    | parler plus/ADV lentement/ADV
    answer the/DET question/NOUN | répondre à/ADP la/DET question/NOUN
    help my/OWN sister/NOUN      | aider ma/OWN sœur/NOUN
    help the/DET neighbours/NOUN | aider les/DET voisins/NOUN
    phone the/DET doctor/NOUN    | téléphoner à/ADP le/DET médecin/NOUN
    buy bread/NOUN               | acheter de/DET/partitive le/DET pain/NOUN
    feed the/DET dog/NOUN        | nourrir le/DET chien/NOUN
    repair this/DET chair/NOUN   | réparer cette/DET/demonstrative chaise/NOUN
    choose a/DET book/NOUN       | choisir un/DET livre/NOUN
    be careful/ADJ               | être prudent/ADJ/AGREES
    be polite/ADJ                | être poli/ADJ/AGREES
    be patient/ADJ               | être patient/ADJ/AGREES
    """)
WARNINGS = activities("""
    be afraid/ADJ                | avoir peur/NOUN
    forget my/OWN umbrella/NOUN  | oublier mon/OWN parapluie/NOUN
    forget my/OWN keys/NOUN      | oublier mes/OWN clés/NOUN
    forget my/OWN coat/NOUN      | oublier mon/OWN manteau/NOUN
    lose my/OWN ticket/NOUN      | perdre mon/OWN billet/NOUN
    lose my/OWN gloves/NOUN      | perdre mes/OWN gants/NOUN
    open this/DET letter/NOUN    | ouvrir cette/DET/demonstrative lettre/NOUN
    open the/DET door/NOUN       | ouvrir la/DET porte/NOUN
    close the/DET window/NOUN    | fermer la/DET fenêtre/NOUN
    break the/DET glasses/NOUN   | casser les/DET verres/NOUN
    eat this/DET apple/NOUN      | manger cette/DET/demonstrative pomme/NOUN
    eat in/ADP the/DET library/NOUN | manger dans/ADP la/DET bibliothèque/NOUN
    drink this/DET milk/NOUN     | boire ce/DET/demonstrative lait/NOUN
    play in/ADP the/DET street/NOUN | jouer dans/ADP la/DET rue/NOUN
    run in/ADP the/DET corridor/NOUN | courir dans/ADP le/DET couloir/NOUN
    swim in/ADP this/DET river/NOUN | nager dans/ADP cette/DET/demonstrative rivière/NOUN
    sleep on/ADP the/DET sofa/NOUN | dormir sur/ADP le/DET canapé/NOUN
    come home late/ADV           | rentrer tard/ADV
    go to/ADP bed/NOUN late/ADV  | se coucher tard/ADV
    get up late/ADV              | se lever tard/ADV
    stay in/ADP the/DET sun/NOUN | rester à/ADP le/DET soleil/NOUN
    speak so/ADV fast/ADV        | parler si/ADV vite/ADV
    listen to the/DET radio/NOUN | écouter la/DET radio/NOUN
    watch television/NOUN        | regarder la/DET télévision/NOUN
    feed the/DET birds/NOUN      | nourrir les/DET oiseaux/NOUN
    sell the/DET house/NOUN      | vendre la/DET maison/NOUN
    cry      | pleurer
    shout    | crier
    lie      | mentir
    """)
REFLEXIVES = activities("""
    hurry up | se dépêcher
    get up   | se lever
    wake up  | se réveiller
    rest     | se reposer
    go to/ADP bed/NOUN | se coucher
    get dressed/ADJ    | se habiller
    """)
TOI = {1: "-toi", 3: "-nous", 4: "-vous"}


def order(draw: Draw) -> Subject:
    """Whom a command is for."""
    return draw(CALLS) if draw.chance(0.7) else YOU


def agreeing_words(phrase: Phrase, who: Subject) -> Phrase:
    """Adjectives marked AGREES take the form of the one addressed."""
    return tuple(
        word._replace(text=french.inflect(word.text, word.text + "e", who.feminine, who.plural), mark="predicate_adjective")
        if word.mark == "AGREES" else word for word in phrase
    )  # fmt: skip


def tells(
    who: Subject, action: Activity, negated: bool = False, mine: Phrase = (), theirs: Phrase = ()
) -> Both:
    """A command. `mine` are French pronouns, before the verb when negated, else behind it with a hyphen."""
    rest = bind(action.complement, who.form, who.feminine)
    after = agreeing_words(rest.french, who)
    base = english.split_infinitive(action.english)
    bare, reflexive = french.own_pronoun(action.french, who)
    tag = "AUX" if bare == "être" else "VERB"
    verb = (Word(french.command(bare, who.form), tag, "imperative"),)
    if negated:
        return Both(tagged("don't/AUX") + base + theirs + rest.english,
                    tagged("ne/ADV/negation") + french.in_order(reflexive + mine) + verb
                    + tagged("pas/ADV/negation") + after)  # fmt: skip
    behind = tagged(f"{TOI[who.form]}/PRON/reflexive") if reflexive else ()
    behind += tuple(
        word._replace(text="-" + {"me": "moi", "te": "toi"}.get(word.text, word.text)) for word in mine
    )
    return Both(base + theirs + rest.english, verb + behind + after)


def shut(draw: Draw, who: Subject) -> Both:
    """The end of a command."""
    return who.call + draw([STOP, STOP, EXCLAIM])


@structure(490)
def command(draw: Draw) -> Both:
    """Close the door, Lucas! Be careful, children."""
    who = order(draw)
    orders = ORDERS if not formal(who) else [action for action in ORDERS if not childish(action)]
    return tells(who, draw(orders if draw.chance(0.8) else REFLEXIVES)) + shut(draw, who)


def formal(who: Subject) -> bool:
    """Whether one says sir, madam or doctor."""
    return who.form == 4 and not who.plural


def childish(action: Activity) -> bool:
    """What one tells children only: to do their homework, to eat their vegetables."""
    return bool(
        {"homework", "vegetables", "soup", "room", "polite"}
        & {word.text for word in action.complement.english}
    )


@structure(380)
def forbid(draw: Draw) -> Both:
    """Don't forget your umbrella, Emma. Ne te couche pas tard, Paul."""
    who = order(draw)
    return tells(who, draw(WARNINGS), negated=True) + shut(draw, who)


BRING = activities("""
    give     | donner
    bring    | apporter
    show     | montrer
    lend     | prêter
    """)
BROUGHT = {"give": "key ticket list letter box", "bring": "newspaper glass plate chair umbrella coat dictionary",
           "show": "photo letter list passport ticket room", "lend": "pen umbrella book dictionary bike"}  # fmt: skip


@structure(270)
def command_me(draw: Draw) -> Both:
    """Give me the key, please. Montrez-lui la photo, monsieur."""
    who, action = order(draw), draw(BRING)
    other = draw([other for other in OTHERS if other.form != 1])
    noun = draw(BROUGHT[action.english].split())
    thing = noun_phrase(
        noun, draw(["the", "this"]), some_adjective(draw, noun, 0.3, "clean important sad heavy empty")
    )
    action = action._replace(complement=thing.both)
    return tells(who, action, draw.chance(0.25), pronoun(other.indirect), object_of(other.english)) + shut(
        draw, who
    )


STATES = [(noun, state, activities(f"{a} | {b}")[0]) for noun, state, a, b in [
    ("window", "open", "close", "fermer"), ("door", "open", "close", "fermer"), ("window", "closed", "open", "ouvrir"),
    ("door", "closed", "open", "ouvrir"), ("car", "dirty", "wash", "laver"), ("shirt", "dirty", "wash", "laver"),
    ("plate", "dirty", "wash", "laver"), ("kitchen", "dirty", "clean", "nettoyer"), ("room", "dirty", "clean", "nettoyer"),
    ("radio", "broken", "repair", "réparer"), ("clock", "broken", "repair", "réparer"), ("chair", "broken", "repair", "réparer"),
    ("exercise", "easy", "do", "faire"), ("letter", "important", "read", "lire"), ("article", "interesting", "read", "lire"),
    ("book", "good", "read", "lire"), ("soup", "hot", "eat", "manger"), ("apple", "delicious", "eat", "manger"),
    ("ring", "beautiful", "buy", "acheter"), ("dress", "pretty", "buy", "acheter"), ("song", "beautiful", "listen to", "écouter"),
    ("message", "important", "read", "lire"), ("rule", "important", "learn", "apprendre"), ("film", "good", "watch", "regarder"),
]]  # fmt: skip
RISKS = [(noun, state, activities(f"{a} | {b}")[0]) for noun, state, a, b in [
    ("vase", "expensive", "break", "casser"), ("glass", "expensive", "break", "casser"), ("ring", "expensive", "lose", "perdre"),
    ("ticket", "important", "lose", "perdre"), ("letter", "important", "lose", "perdre"), ("film", "boring", "watch", "regarder"),
    ("watch", "expensive", "lose", "perdre"), ("egg", "old", "eat", "manger"), ("box", "heavy", "carry", "porter"),
    ("suitcase", "heavy", "carry", "porter"), ("coat", "expensive", "buy", "acheter"), ("book", "boring", "read", "lire"),
    ("painting", "expensive", "buy", "acheter"), ("cake", "dry", "eat", "manger"), ("machine", "dangerous", "open", "ouvrir"),
    ("apple", "green", "eat", "manger"), ("programme", "boring", "watch", "regarder"), ("house", "old", "sell", "vendre"),
]]  # fmt: skip


@structure(380)
def command_it(draw: Draw) -> Both:
    """The window is open. Close it, Paul. La fenêtre est ouverte. Ferme-la, Paul."""
    who, negated = order(draw), draw.chance(0.45)
    noun, state, action = draw(RISKS if negated else STATES)
    plural = noun in listed("window door shirt plate chair letter apple glass box suitcase") and draw.chance(
        0.4
    )
    thing = noun_phrase(noun, draw(["this", "the"]), "", plural)
    english_it, french_it = it_for(thing.feminine, plural)
    return (being(as_subject(thing), state, degree=draw([Both(), both("very/ADV = très/ADV")]) if state in GRADED else Both())
            + STOP + tells(who, action, negated, french_it, english_it) + shut(draw, who))  # fmt: skip


GRADED = listed(
    "dirty easy important interesting good beautiful pretty expensive boring old heavy dry dangerous"
)


@structure(150)
def lets(draw: Draw) -> Both:
    """Let's go to the beach tomorrow! Allons à la plage demain !"""
    action, when = draw(LETS), draw([Both(), *[when for part, when in TIMES["future"] if not part]])
    told = tells(WE, action).french
    words = (
        tagged("let/VERB 's/PRON")
        + english.split_infinitive(action.english)
        + bind(action.complement, 3, False).english
    )
    return Both(words, told) + when + draw([STOP, EXCLAIM])


LETS = activities("""
    go to/ADP the/DET beach/NOUN  | aller à/ADP la/DET plage/NOUN
    go to/ADP the/DET cinema/NOUN | aller à/ADP le/DET cinéma/NOUN
    go to/ADP the/DET market/NOUN | aller à/ADP le/DET marché/NOUN
    go to/ADP the/DET swimming/NOUN pool/NOUN | aller à/ADP la/DET piscine/NOUN
    play cards/NOUN      | jouer à/ADP les/DET cartes/NOUN
    play tennis/NOUN     | jouer à/ADP le/DET tennis/NOUN
    take the/DET train/NOUN | prendre le/DET train/NOUN
    make a/DET cake/NOUN | faire un/DET gâteau/NOUN
    eat in/ADP the/DET garden/NOUN | manger dans/ADP le/DET jardin/NOUN
    invite the/DET neighbours/NOUN | inviter les/DET voisins/NOUN
    invite my/OWN friends/NOUN | inviter mes/OWN amis/NOUN
    visit the/DET castle/NOUN  | visiter le/DET château/NOUN
    buy a/DET gift/NOUN for/ADP Claire/PROPN | acheter un/DET cadeau/NOUN pour/ADP Claire/PROPN
    wash the/DET car/NOUN  | laver la/DET voiture/NOUN
    start early/ADV      | commencer tôt/ADV
    get up early/ADV     | se lever tôt/ADV
    rest in/ADP the/DET garden/NOUN | se reposer dans/ADP le/DET jardin/NOUN
    go for/ADP a/DET walk/NOUN in/ADP the/DET forest/NOUN | se promener dans/ADP la/DET forêt/NOUN
    help the/DET children/NOUN | aider les/DET enfants/NOUN
    phone the/DET doctor/NOUN | téléphoner à/ADP le/DET médecin/NOUN
    """)
NOBODY = Subject(*both("nobody/PRON = personne/PRON/negation"), 2)
NOTHING_DONE = activities("""
    see      | voir
    understand | comprendre
    eat      | manger
    say      | dire
    buy      | acheter
    hear     | entendre
    forget   | oublier
    find     | trouver
    lose     | perdre
    drink    | boire
    """)
NOBODY_MET = activities("""
    see      | voir
    hear     | entendre
    know     | connaître
    invite   | inviter
    recognise | reconnaître
    meet     | rencontrer
    help     | aider
    """)


@structure(490)
def nobody_nothing(draw: Draw) -> Both:
    """Nobody has closed the door. She didn't eat anything. Je n'ai vu personne."""
    kind, who = draw(["nobody", "nothing", "nothing", "no one"]), draw.who()
    if kind == "nobody":
        done = deed(draw, draw(matching("d")), kinds=("the", "this"))
        clause = say(NOBODY, draw(["past", "will", "want"]), done.action)
        return clause._replace(french=clause.french[:1] + tagged("ne/ADV/negation") + clause.french[1:])
    if kind == "nothing":
        action, tense = draw(NOTHING_DONE), draw(["past", "want", "going to"])
        if action.english in ("understand", "hear", "see", "forget", "lose", "find") and tense == "want":
            tense = "past"
        said = say(who, tense, action, "rien")
        return said + timed(draw, "past", "", ago=False) if tense == "past" and draw.chance(0.6) else said
    action = draw(NOBODY_MET)
    anyone = Both(tagged("anyone/PRON"), tagged("personne/PRON/negation"))
    tense = "habit" if action.english == "know" else "past"
    clause = Both(who.english + english.predicate(who, action.english, TENSE_OF[tense], negated=True, after=anyone.english),
                  who.french + french.predicate(who, action.french, FRENCH_OF[tense], negation="later",
                                                after=anyone.french))  # fmt: skip
    if tense == "habit":
        return clause + draw([both("here/ADV = ici/ADV"), both("in/ADP this/DET town/NOUN = dans/ADP cette/DET/demonstrative ville/NOUN"),
                              both("in/ADP Paris/PROPN = à/ADP Paris/PROPN")])  # fmt: skip
    return clause + timed(draw, "past", "", ago=False)


TENSE_OF = {"habit": "present", "past": "past"}
FRENCH_OF = {"habit": "present", "past": "passe_compose"}


@structure(380)
def only(draw: Draw) -> Both:
    """She only drinks water: elle ne boit que de l'eau."""
    who = draw.who()
    if draw.chance(0.5):
        eats = draw.chance(0.5)
        action = activities("eat | manger" if eats else "drink | boire")[0]
        thing, tense = some(draw(FOOD if eats else DRINK)), draw(["habit", "past"])
    else:
        action, noun = (
            activities("have | avoir")[0],
            draw(listed("cat dog brother sister key suitcase car bike coat friend")),
        )
        number = draw(["one", *SMALL_NUMBERS])
        thing, tense = counted(number, noun), "habit"
    english_tense, french_tense = TENSE_OF[tense], FRENCH_OF[tense]
    return Both(
        who.english + english.predicate(who, action.english, english_tense, adverb=tagged("only/ADV"), after=thing.english),
        who.french + french.predicate(who, action.french, french_tense, negation="later",
                                      after=tagged("que/ADV/negation") + thing.french),
    )  # fmt: skip


def counted(number: str, noun: str) -> Both:
    """one cat, two sisters."""
    if noun in ("brother", "sister"):
        mot = "frère" if noun == "brother" else "sœur"
        one = "un" if noun == "brother" else "une"
        if number == "one":
            return both(f"one/NUM {noun}/NOUN = {one}/NUM/number {mot}/NOUN")
        return COUNT[number] + both(f"{noun}s/NOUN = {mot}s/NOUN")
    if number == "one":
        thing = noun_phrase(noun, "bare").both
        return (
            Both(tagged("one/NUM"), tagged(f"{'une' if NOUNS[noun].feminine else 'un'}/NUM/number")) + thing
        )
    return noun_phrase(noun, "bare", "", True, COUNT[number]).both
