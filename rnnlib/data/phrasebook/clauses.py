"""Sentences of more than one clause: relative clauses, reported speech and questions, conditions, reasons,
aims.
"""

# ruff: noqa: E501  (a row of a table stays on one line)

from typing import Any

from rnnlib.data.phrasebook import english, french
from rnnlib.data.phrasebook.build import (
    HANDLED,
    Draw,
    activities,
    agreeing,
    as_subject,
    ask,
    being,
    bind,
    deed,
    matching,
    noun_phrase,
    pronoun_for,
    say,
    says,
    simple,
    some_adjective,
)
from rnnlib.data.phrasebook.lexicon import (
    ADJECTIVES,
    DAILY,
    HE,
    KINFOLK,
    NAMED,
    NOUNS,
    PROGRESS,
    SHE,
    SINGLE,
    THEY,
    TRANSITIVE,
    WE,
    WISHES,
    YEARLY,
    Activity,
    I,
    person,
)
from rnnlib.data.phrasebook.pronouns import PLURALS
from rnnlib.data.phrasebook.questions import REASONED, asked, end
from rnnlib.data.phrasebook.statements import BE, BE_AGED, FEELINGS, LIKES, NOT_PREDICATED, some_degree
from rnnlib.data.phrasebook.structure import structure
from rnnlib.data.phrasebook.words import Both, Subject, Word, both, listed, rows, tagged

EXCLAIM = both("!/PUNCT = !/PUNCT")
PEOPLE_SEEN = {
    row[0]: person(
        f"the/DET {row[0]}/NOUN = {row[2]}/DET {row[1]}/NOUN",
        5 if row[2] == "les" else 2,
        row[3] == "f",
        row[2] == "les",
    )
    for row in rows("""
    man        | homme     | le  | m
    woman      | femme     | la  | f
    men        | hommes    | les | m
    women      | femmes    | les | f
    neighbours | voisins   | les | m
    students   | étudiants | les | m
    boy        | garçon    | le  | m
    girl       | fille     | la  | f
    children   | enfants   | les | m
    girls      | filles    | les | f
    doctor     | médecin   | le  | m
    nurse      | infirmière | la | f
    singer     | chanteuse | la  | f
    actor      | acteur    | le  | m
    waiter     | serveur   | le  | m
    """)
}
GROWN_UP = [PEOPLE_SEEN[word] for word in listed("man woman men women neighbours students")]
YOUNG = [PEOPLE_SEEN[word] for word in listed("boy girl children girls")]
AT_WORK = [PEOPLE_SEEN[word] for word in listed("doctor nurse singer actor waiter")]
TRAITS = activities("""
    live here/ADV                     | habiter ici/ADV
    live in/ADP this/DET house/NOUN   | habiter dans/ADP cette/DET/demonstrative maison/NOUN
    live opposite/ADP the/DET church/NOUN | habiter en/ADP face/NOUN de/ADP la/DET église/NOUN
    work at/ADP the/DET hospital/NOUN | travailler à/ADP le/DET hôpital/NOUN
    work at/ADP the/DET bank/NOUN     | travailler à/ADP la/DET banque/NOUN
    work in/ADP this/DET restaurant/NOUN | travailler dans/ADP ce/DET/demonstrative restaurant/NOUN
    speak Italian/NOUN                | parler italien/NOUN
    speak English/NOUN                | parler anglais/NOUN
    sell flowers/NOUN                 | vendre des/DET fleurs/NOUN
    sell fish/NOUN                    | vendre de/DET/partitive le/DET poisson/NOUN
    play the/DET piano/NOUN           | jouer de/ADP le/DET piano/NOUN
    sing in/ADP the/DET choir/NOUN    | chanter dans/ADP la/DET chorale/NOUN
    come here/ADV every/DET day/NOUN  | venir ici/ADV tous/DET les/DET jours/NOUN
    """)


def relative(who: Subject, tense: str, action: Activity) -> Both:
    """Somebody with a clause: the woman who repaired the bike, la femme qui a réparé le vélo."""
    return Both(who.english, who.french) + both("who/PRON = qui/PRON/relative_qui") + says(who, tense, action)


def stranger(draw: Draw) -> tuple[Subject, str, Activity]:
    """Somebody known by what he or she does: who, when and what."""
    kind = draw(["trait", "now", "past"])
    if kind == "trait":
        return draw(GROWN_UP), "habit", draw(TRAITS)
    if kind == "now":
        return draw(GROWN_UP + YOUNG), "now", draw(IN_SIGHT)
    rows_done = [row for row in matching("d") if row[0] in listed("buy sell find write repair borrow choose")]
    return draw(GROWN_UP + YOUNG + AT_WORK), "past", deed(draw, draw(rows_done), kinds=("this", "the")).action


@structure(710)
def relative_qui(draw: Draw) -> Both:
    """The woman who lives here is very kind. I know the man who sold this car."""
    who, tense, action = stranger(draw)
    known = relative(who, tense, action)
    if draw.chance(0.45):
        subject = Subject(known.english, known.french, who.form, who.feminine, who.plural)
        nature = draw(CHARACTER if who not in YOUNG else CHARACTER[:7])
        return being(
            subject,
            nature,
            degree=draw([Both(), both("very/ADV = très/ADV")]),
            negation=draw(["", "", "pas"]),
        )
    knower = draw([I, WE, HE, SHE, *NAMED])
    if tense != "now" and draw.chance(0.3):
        return say(knower, "past", MEET._replace(complement=known))
    return say(knower, "habit", KNOW._replace(complement=known), draw(["", "pas"]))


CHARACTER = listed("kind shy polite clever tall funny tired serious patient young rich famous old")
MEET, KNOW = activities("meet | rencontrer\nknow | connaître")


@structure(380)
def relative_asked(draw: Draw) -> Both:
    """Do you know the girl who is playing the violin, Thomas?"""
    who = asked(draw, third=0.25)
    known = relative(*stranger(draw))
    return ask(who, "habit", KNOW._replace(complement=known)) + end(who)


IN_SIGHT = [a for a in PROGRESS if "OWN" not in {word.tag for word in a.complement.english}]


def that(
    subject: Subject, tense: str, action: Activity, feminine: bool, plural: bool, **options: Any
) -> Both:
    """A clause behind `that`, its participle agreeing with what it tells of: les lettres que j'ai écrites."""
    link = both("that/PRON = que/PRON/relative_que")
    return link + say(subject, tense, action, agree=(feminine, plural), **options)


@structure(820)
def relative_que(draw: Draw) -> Both:
    """The letters that she wrote were sad: les lettres qu'elle a écrites étaient tristes."""
    row = draw([row for row in TRANSITIVE if row[0] not in ("wash", "hide", "like", "know")])
    noun = draw(row[4])
    plural = noun in PLURALS and draw.chance(0.4)
    fitting = [
        word for word in NOUNS[noun].adjectives if word not in (*NOT_PREDICATED, "clean", "dirty", "broken")
    ]
    if not fitting:
        fitting = ["beautiful"]
    thing = noun_phrase(noun, "the", "", plural)
    action = activities(f"{row[0]} | {row[1]}")[0]
    who = draw([I, HE, SHE, WE, THEY, *NAMED, *KINFOLK[:10]])
    tense, then = (
        ("now", "habit")
        if "d" not in row[2] and "l" not in row[2] and "y" not in row[2]
        else ("past", "state past")
    )
    if row[2] == "s":
        tense, then = "habit", "habit"
    whole = thing.both + that(who, tense, action, thing.feminine, plural)
    subject = Subject(whole.english, whole.french, 5 if plural else 2, thing.feminine, plural)
    adjective = draw(fitting)
    return being(
        subject, adjective, then, degree=some_degree(draw, adjective), negation=draw(["", "", "pas"])
    )


@structure(490)
def relative_object(draw: Draw) -> Both:
    """Have you read the book that I gave you? She likes the dress that we bought: la robe que nous avons
    achetée.
    """
    (giver, action), noun = draw(FROM), ""
    noun = draw(OFFERED[action.english])
    plural = noun in PLURALS and draw.chance(0.35)
    thing = noun_phrase(noun, "the", some_adjective(draw, noun, 0.25, HANDLED + " boring difficult"), plural)
    who = draw([HE, SHE, THEY, *NAMED])
    clause = thing.both + that(giver, "past", action, thing.feminine, plural)
    if draw.chance(0.5):
        liked = draw(activities("like | aimer\nhave | avoir\nlook for | chercher"))
        tense = "now" if liked.english == "look for" else "habit"
        return say(
            who,
            tense,
            liked._replace(complement=clause),
            "pas" if liked.english == "like" and draw.chance(0.5) else "",
        )
    verb = draw(
        activities(
            "lose | perdre\nsell | vendre\nforget | oublier\nhide | cacher\nfind | trouver\nlike | aimer"
        )
    )
    return say(who, "past", verb._replace(complement=clause), draw(["", "", "pas"]))


FROM = [(giver, activities(f"{row[0]} | {row[1]}")[0]) for row in [("buy", "acheter"), ("choose", "choisir"), ("bring", "apporter"),
        ("find", "trouver"), ("borrow", "emprunter")] for giver in [I, WE, *SINGLE[:12]]]  # fmt: skip
OFFERED = {
    "buy": listed(
        "dress hat coat jacket scarf lamp mirror bike bag ring watch guitar painting vase photo book"
    ),
    "choose": listed("dress hat coat ring book gift painting photo"),
    "bring": listed("gift cake photo book flower letter dessert"),
    "find": listed("key ring wallet hat watch umbrella letter photo"),
    "borrow": listed("book bike dictionary umbrella novel"),
}


@structure(320)
def relative_ou(draw: Draw) -> Both:
    """The village where my father was born is quiet. C'est la ville où elle habite."""
    place, action, tense, adjectives = draw(HOMES)
    who = draw([HE, SHE, I, THEY, *NAMED, *KINFOLK[:40]])
    thing = noun_phrase(place, "the")
    clause = thing.both + both("where/ADV = où/PRON/relative_ou") + say(who, tense, action)
    if draw.chance(0.5):
        front = draw(["it/PRON is/AUX = ce/PRON est/AUX", "this/PRON is/AUX = ce/PRON est/AUX"])
        return both(front) + clause
    subject = Subject(clause.english, clause.french, 2, thing.feminine, False)
    return being(
        subject,
        draw(adjectives.split()),
        degree=draw([Both(), both("very/ADV = très/ADV")]),
        negation=draw(["", "", "pas"]),
    )


HOMES = [(place, action, tense, adjectives) for places, table, tense, adjectives in [
    ("town village", "live | habiter", "habit", "small quiet old beautiful"),
    ("street house", "live | habiter", "habit", "small quiet old"),
    ("school hospital library bank shop", "work | travailler", "habit", "small modern"),
    ("restaurant", "have dinner/NOUN | dîner\nhave lunch/NOUN | déjeuner\nmeet Claire/PROPN | rencontrer Claire/PROPN", "past",
     "small expensive"),
    ("hotel", "sleep | dormir\nstay | rester", "past", "small expensive quiet modern comfortable"),
    ("beach lake river", "learn to/PART swim/VERB | apprendre à/ADP nager/VERB/infinitive", "past", "beautiful quiet dangerous"),
    ("park forest", "lose my/OWN key/NOUN | perdre ma/OWN clé/NOUN\nfind a/DET cat/NOUN | trouver un/DET chat/NOUN\n"
     "go for/ADP a/DET walk/NOUN | se promener", "past", "big quiet beautiful"),
    ("village town", "be born/VERB | naître\nget married/ADJ | se marier", "past", "small quiet old beautiful"),
] for place in places.split() for action in activities(table)]  # fmt: skip
THAT = both("that/SCONJ = que/SCONJ/completive")
OPINIONS = activities("""
    think | penser
    know  | savoir
    say   | dire
    believe | croire
    hope  | espérer
    be sure/ADJ | être sûr/ADJ
    """)


def opinion(draw: Draw, who: Subject) -> Both:
    """I think that, she is sure that."""
    verb = draw(OPINIONS)
    if verb.english == "be":
        return being_sure(who) + THAT
    return say(who, "habit", verb) + THAT


def being_sure(who: Subject) -> Both:
    """She is sure: elle est sûre."""
    spoken = Word(french.inflect("sûr", "sûre", who.feminine, who.plural), "ADJ", "predicate_adjective")
    return say(who, "habit", BE._replace(complement=Both(tagged("sure/ADJ"), (spoken,))))


@structure(710)
def reported(draw: Draw) -> Both:
    """I think that she is right. He says that the soup is too hot. They know that Paul is going to sell
    the house.
    """
    thinker = draw([I, WE, HE, SHE, THEY, *NAMED])
    who = draw([one for one in [HE, SHE, THEY, *NAMED, *KINFOLK] if one is not thinker])
    front = opinion(draw, thinker)
    hopes = front.english[len(thinker.english)].text.startswith("hope")
    kind = "future" if hopes else draw(["future", "feeling", "adjective", "past", "want"])
    if kind == "future":
        action = draw(DAILY + YEARLY)
        return front + say(who, draw(["will", "going to"]), action, draw(["", "", "pas"]))
    if kind == "feeling":
        return front + say(who, "habit", draw(FEELINGS[:7]))
    if kind == "adjective":
        return front + being(who, draw(listed("tired ill happy kind lazy clever jealous rich worried ready")),
                             draw(["habit", "state past"]), negation=draw(["", "pas"]))  # fmt: skip
    if kind == "want":
        return front + say(who, draw(["want", "must"]), draw(WISHES))
    return front + say(
        who,
        "past",
        deed(draw, draw(matching("dl")), kinds=("the", "my", "this")).action,
        draw(["", "", "pas"]),
    )


WONDER = [both("where/ADV = où/ADV/indirect_question"), both("when/ADV = quand/ADV/indirect_question"),
          both("why/ADV = pourquoi/ADV/indirect_question"), both("if/SCONJ = si/SCONJ/indirect_question")]  # fmt: skip
WORDS_FOR = {
    "where": (activities("live | habiter\nwork | travailler"), ["habit"]),
    "when": (
        activities("arrive | arriver\nleave | partir\ncome back | revenir\ncome home | rentrer") + YEARLY[:4],
        ["will", "going to"],
    ),
    "why": (
        REASONED[:5]
        + activities("leave early/ADV | partir tôt/ADV\nsell the/DET house/NOUN | vendre la/DET maison/NOUN"),
        ["past"],
    ),
    "if": (DAILY + YEARLY, ["will", "going to", "want"]),
}


@structure(600)
def indirect(draw: Draw) -> Both:
    """I don't know where she lives. He wants to know if we are going to come."""
    word = draw(WONDER)
    actions, tenses = WORDS_FOR[word.english[0].text]
    knower = draw([I, WE, HE, SHE, THEY, *NAMED])
    who = draw([one for one in [HE, SHE, THEY, *NAMED, *KINFOLK] if one is not knower])
    front = draw([
        say(knower, "habit", activities("know | savoir")[0], "pas"),
        say(knower, "want", activities("know | savoir")[0]),
        say(knower, "habit", activities("ask | demander")[0]) if knower is not I else
        say(I, "habit", activities("wonder | se demander")[0]),
    ])  # fmt: skip
    action, tense = draw(actions), draw(tenses)
    if tense == "want" and "i" not in action.fits:
        tense = "will"
    return front + word + say(who, tense, action)


OUTDOOR_WORDS = set(listed("garden lake sea park beach dog walk fence car football tennis market"))
OUTDOORS = [
    a for a in DAILY if OUTDOOR_WORDS & {word.text for word in a.complement.english} and a.english != "drive"
]


@structure(540)
def because(draw: Draw) -> Both:
    """She stayed at home because she was ill. We didn't play tennis because it was raining."""
    link, who = both("because/SCONJ = parce/SCONJ/because que/SCONJ"), draw.who()
    again = pronoun_for(who)
    if draw.chance(0.35):
        reason = draw([being(again, draw(["tired", "ill"]), "state past"),
                       say(again, "state past", BE_AGED._replace(english="have", complement=HEADACHE))])  # fmt: skip
        return say(who, "past", draw(RESTFUL)) + link + reason
    action = draw(OUTDOORS)
    swims = {"lake", "sea", "beach"} & {word.text for word in action.complement.english}
    weather = draw(OBSTACLES[:3] if swims else OBSTACLES)
    reason = weather if draw.chance(0.6) else being(again, draw(["tired", "ill", "busy"]), "state past")
    return say(who, draw(["past", "past", "wanted"]), action, "pas") + link + reason


RESTFUL = [
    a for a in DAILY if a.french in ("rester", "dormir", "se coucher", "partir", "rentrer", "se reposer")
]
RESTFUL = [a for a in RESTFUL if "late" not in {word.text for word in a.complement.english}]
HEADACHE = both("a/DET headache/NOUN = mal/NOUN à/ADP la/DET tête/NOUN")
OBSTACLES = [
    both(row[0])
    for row in rows("""
    it/PRON was/AUX raining/VERB = il/PRON pleuvait/VERB/imparfait
    it/PRON was/AUX snowing/VERB = il/PRON neigeait/VERB/imparfait
    it/PRON was/AUX too/ADV cold/ADJ = il/PRON faisait/VERB/imparfait trop/ADV froid/NOUN
    it/PRON was/AUX too/ADV hot/ADJ = il/PRON faisait/VERB/imparfait trop/ADV chaud/NOUN
    """)
]
IF = both("if/SCONJ = si/SCONJ/condition")
FINE = [
    both(row[0])
    for row in rows("""
    it/PRON is/AUX sunny/ADJ tomorrow/NOUN = il/PRON fait/VERB beau/NOUN demain/ADV
    it/PRON is/AUX sunny/ADJ on/ADP Sunday/NOUN = il/PRON fait/VERB beau/NOUN dimanche/NOUN
    it/PRON doesn't/AUX rain/VERB tomorrow/NOUN = il/PRON ne/ADV/negation pleut/VERB pas/ADV/negation demain/ADV
    """)
]


@structure(490)
def if_fine(draw: Draw) -> Both:
    """If it is sunny tomorrow, we will go to the beach. S'il fait beau demain, nous irons à la plage."""
    who, action = draw.who(), draw(OUTDOORS)
    comma = both(",/PUNCT = ,/PUNCT")
    if draw.chance(0.5):
        return IF + draw(FINE) + comma + say(who, draw(["will", "can", "going to"]), action)
    return say(who, "will", action) + IF + draw(FINE)


@structure(540)
def if_would(draw: Draw) -> Both:
    """If I had more time, I would learn Italian. Si elle était riche, elle achèterait une voiture."""
    who = draw([I, HE, SHE, WE, THEY, *NAMED])
    again, comma = pronoun_for(who), both(",/PUNCT = ,/PUNCT")
    kind = draw(["rich", "time", "young"])
    dream = draw({"rich": DREAMS, "young": YOUTHFUL, "time": PASTIMES}[kind])

    def condition(subject: Subject) -> Both:
        if kind == "rich":
            return being(subject, "rich", "unreal")
        if kind == "young":
            spoken = Word("jeunes" if subject.plural else "jeune", "ADJ", "comparative")
            younger = Both(tagged("younger/ADJ"), tagged("plus/ADV") + (spoken,))
            return say(subject, "unreal", BE._replace(complement=younger))
        return say(subject, "unreal", MORE_TIME)

    if draw.chance(0.5):
        return IF + condition(who) + comma + say(again, "would", dream)
    return say(who, "would", dream) + IF + condition(again)


MORE_TIME = activities("have more/ADJ time/NOUN | avoir plus/ADV de/ADP temps/NOUN")[0]
DREAMS = [
    a for a in YEARLY if a.french.split()[0] in ("acheter", "visiter", "aller", "construire", "déménager")
]
DREAMS += activities("""
    travel a/DET lot/NOUN | voyager beaucoup/ADV
    buy a/DET boat/NOUN | acheter un/DET bateau/NOUN
    buy a/DET castle/NOUN | acheter un/DET château/NOUN
    live in/ADP Italy/PROPN | vivre en/ADP Italie/PROPN
    live in/ADP a/DET castle/NOUN | vivre dans/ADP un/DET château/NOUN
    stop working/VERB | arrêter de/ADP travailler/VERB/infinitive
    """)
PASTIMES = activities("""
    learn Italian/NOUN | apprendre le/DET italien/NOUN
    learn English/NOUN | apprendre le/DET anglais/NOUN
    read more/ADJ books/NOUN | lire plus/ADV de/ADP livres/NOUN
    play the/DET piano/NOUN | jouer de/ADP le/DET piano/NOUN
    play tennis/NOUN | jouer à/ADP le/DET tennis/NOUN
    write a/DET book/NOUN | écrire un/DET livre/NOUN
    sleep more/ADV | dormir plus/ADV
    see my/OWN friends/NOUN more/ADV often/ADV | voir mes/OWN amis/NOUN plus/ADV souvent/ADV
    repair the/DET roof/NOUN | réparer le/DET toit/NOUN
    paint the/DET kitchen/NOUN | peindre la/DET cuisine/NOUN
    go for/ADP a/DET walk/NOUN every/DET day/NOUN | se promener tous/DET les/DET jours/NOUN
    stay in/ADP Paris/PROPN | rester à/ADP Paris/PROPN
    help my/OWN parents/NOUN | aider mes/OWN parents/NOUN
    """)
YOUTHFUL = activities("""
    learn to/PART swim/VERB | apprendre à/ADP nager/VERB/infinitive
    learn to/PART dance/VERB | apprendre à/ADP danser/VERB/infinitive
    travel more/ADV | voyager plus/ADV
    go back to/ADP university/NOUN | retourner à/ADP la/DET université/NOUN
    change jobs/NOUN | changer de/ADP travail/NOUN
    move to/ADP Canada/PROPN | partir vivre/VERB/infinitive à/ADP le/DET Canada/PROPN
    """)


@structure(490)
def when_future(draw: Draw) -> Both:
    """When the train arrives, I will call you: quand le train arrivera, je t'appellerai."""
    first = draw([HE, SHE, THEY, *NAMED, *KINFOLK[:20]])
    arrival = draw(ARRIVALS)
    then = Both(tagged("when/SCONJ"), tagged("quand/SCONJ/when_future"))
    sub = Both(first.english + english.predicate(first, arrival.english, "present", after=arrival.complement.english),
               say(first, "will", arrival).french)  # fmt: skip
    who = draw([I, WE])
    action = draw(
        [
            a
            for a in DAILY
            if a.english != "drive"
            and a.french.split()[0] in listed("manger dîner préparer jouer aller sortir faire se")
        ]
    )
    main = say(who, "will", action)
    return then + sub + both(",/PUNCT = ,/PUNCT") + main if draw.chance(0.5) else main + then + sub


ARRIVALS = activities("""
    arrive | arriver
    come home | rentrer
    come back from/ADP Paris/PROPN | revenir de/ADP Paris/PROPN
    wake up | se réveiller
    leave | partir
    """)


@structure(490)
def aim(draw: Draw) -> Both:
    """He went to the market to buy bread. She left without saying goodbye. I washed my hands before
    eating.
    """
    kind, who = draw(["pour", "pour", "avant", "sans"]), draw.who()
    if kind == "pour":
        errand, purpose = draw(ERRANDS)
        link = Both(tagged("to/PART") + english.split_infinitive(purpose.english) + purpose.complement.english,
                    tagged("pour/ADP/infinitive") + french.infinitive(who, purpose.french, after=purpose.complement.french))  # fmt: skip
        said = say(who, draw(["past", "going to", "will"]), errand)
        return said + bind(link, who.form, who.feminine)
    if kind == "avant":
        first = draw(
            [
                a
                for a in DAILY
                if a.french.split()[0] in listed("lire faire regarder promener nourrir arroser ranger")
            ]
        )
        second = draw(
            activities(
                "go to/ADP bed/NOUN | se coucher\nleave | partir\ngo out | sortir\nhave dinner/NOUN | dîner"
            )
        )
        link = Both(tagged("before/ADP") + english.gerund(second.english) + second.complement.english,
                    tagged("avant/ADV/infinitive de/ADP") + french.infinitive(who, second.french, after=second.complement.french))  # fmt: skip
        return say(who, draw(["past", "going to", "will"]), first) + link
    first, second = draw(activities("leave | partir\ncome in | entrer\ngo out | sortir")), draw(WITHOUT)
    link = Both(tagged("without/ADP") + english.gerund(second.english) + second.complement.english,
                tagged("sans/ADP/infinitive") + french.infinitive(who, second.french, after=second.complement.french))  # fmt: skip
    return say(who, draw(["past", "will"]), first) + bind(link, who.form, who.feminine)


ERRANDS = [
    (simple(f"{row[0]} | {row[1]}"), simple(f"{row[2]} | {row[3]}"))
    for row in rows("""
    go to/ADP the/DET market/NOUN | aller à/ADP le/DET marché/NOUN | buy cheese/NOUN | acheter de/DET/partitive le/DET fromage/NOUN
    go to/ADP the/DET market/NOUN | aller à/ADP le/DET marché/NOUN | buy vegetables/NOUN | acheter des/DET légumes/NOUN
    go to/ADP the/DET bakery/NOUN | aller à/ADP la/DET boulangerie/NOUN | buy bread/NOUN | acheter de/DET/partitive le/DET pain/NOUN
    go to/ADP the/DET post/NOUN office/NOUN | aller à/ADP la/DET poste/NOUN | send a/DET parcel/NOUN | envoyer un/DET colis/NOUN
    go to/ADP the/DET library/NOUN | aller à/ADP la/DET bibliothèque/NOUN | borrow a/DET book/NOUN | emprunter un/DET livre/NOUN
    go to/ADP the/DET station/NOUN | aller à/ADP la/DET gare/NOUN | take the/DET train/NOUN | prendre le/DET train/NOUN
    go to/ADP the/DET beach/NOUN | aller à/ADP la/DET plage/NOUN | swim | nager
    stay at/ADP home/NOUN | rester à/ADP la/DET maison/NOUN | tidy my/OWN room/NOUN | ranger ma/OWN chambre/NOUN
    stay at/ADP home/NOUN | rester à/ADP la/DET maison/NOUN | watch the/DET match/NOUN | regarder le/DET match/NOUN
    get up early/ADV | se lever tôt/ADV | finish my/OWN report/NOUN | finir mon/OWN rapport/NOUN
    get up early/ADV | se lever tôt/ADV | go for/ADP a/DET walk/NOUN | se promener
    leave early/ADV | partir tôt/ADV | avoid the/DET traffic/NOUN | éviter les/DET embouteillages/NOUN
    open the/DET window/NOUN | ouvrir la/DET fenêtre/NOUN | look at the/DET garden/NOUN | regarder le/DET jardin/NOUN
    travel to/ADP Italy/PROPN | aller en/ADP Italie/PROPN | learn Italian/NOUN | apprendre le/DET italien/NOUN
    """)
]
WITHOUT = activities("""
    say goodbye/NOUN | dire au/ADP revoir/NOUN
    close the/DET door/NOUN | fermer la/DET porte/NOUN
    take my/OWN umbrella/NOUN | prendre mon/OWN parapluie/NOUN
    wait for Lucas/PROPN | attendre Lucas/PROPN
    thank Claire/PROPN | remercier Claire/PROPN
    have breakfast/NOUN | prendre le/DET petit-déjeuner/NOUN
    make any/DET noise/NOUN | faire de/DET/negation bruit/NOUN
    """)


@structure(490)
def two_people(draw: Draw) -> Both:
    """Paul is reading the newspaper and Marie is sleeping on the sofa."""
    first, second = draw(SINGLE + KINFOLK), draw(SINGLE + KINFOLK)
    tense, pool = draw([("now", PROGRESS), ("past", DAILY)])
    return (
        say(first, tense, draw(pool))
        + both("and/CCONJ = et/CCONJ/coordination")
        + say(second, tense, draw(pool))
    )


BUT = both("but/CCONJ = mais/CCONJ/coordination")
LEISURE = [
    a
    for a in WISHES
    if a.french.split()[0] in listed("jouer regarder nager dormir sortir aller") and a not in YEARLY
]
DUTIES = [
    a
    for a in WISHES
    if a.french.split()[0] in listed("faire nettoyer ranger préparer travailler laver promener aider étudier")
]


@structure(430)
def but(draw: Draw) -> Both:
    """My son wants to play cards but he must do his homework. She likes tea but she doesn't like coffee."""
    who = draw.who()
    again = pronoun_for(who)
    if draw.chance(0.6):
        play, duty = (
            draw([a for a in LEISURE if "hôpital" not in {w.text for w in a.complement.french}]),
            draw(DUTIES),
        )
        return say(who, draw(["want", "would like"]), play) + BUT + say(again, "must", duty)
    kindred = draw(KINDRED)
    liked, other = draw(kindred), draw(kindred)
    return say(who, "habit", liked) + BUT + say(again, "habit", other, "pas")


KINDRED = [
    [like for like in LIKES if like.english == "like" and like.complement.french[-1].text in words.split()]
    for words in (
        "chocolat fromage café thé poisson orange pommes œufs",
        "chats chevaux",
        "hiver été",
        "mer montagne",
        "films romans italiennes musique",
    )
]
EXCLAIMED = listed(
    "beautiful good interesting funny big gros small old heavy delicious pretty difficult boring "
    "comfortable quiet"
)
ADMIRED = [
    row
    for row in TRANSITIVE
    if row[0] in ("buy", "choose", "write", "find", "draw", "prepare", "plant", "bring")
]


def what_a(noun: str, adjective: str, plural: bool) -> tuple[Both, bool]:
    """What a beautiful house, quelle belle maison; and whether the noun is feminine."""
    thing = noun_phrase(noun, "bare", adjective, plural)
    word = ("quelles" if plural else "quelle") if thing.feminine else ("quels" if plural else "quel")
    front = Both(tagged("what/DET" if plural else "what/DET a/DET"), (Word(word, "DET", "exclamation"),))
    return front + thing.both, thing.feminine


@structure(490)
def exclaim(draw: Draw) -> Both:
    """What a beautiful house! What a pretty dress you bought, Claire! Que cette maison est belle !"""
    kind = draw(["what", "what he", "how"])
    if kind == "what he":
        row = draw(ADMIRED)
        noun = draw([noun for noun in row[4] if fits_exclaiming(noun)] or ["letter"])
    else:
        row, noun = None, draw([noun for noun in NOUNS if fits_exclaiming(noun)])
    fitting = [
        word for word in fits_exclaiming(noun) if row is None or word not in ("old", "small", "boring")
    ]
    adjective, plural = draw(fitting or ["beautiful"]), noun != "soup" and draw.chance(0.3)
    if kind == "how":
        who = as_subject(noun_phrase(noun, "this", "", plural))
        spoken = agreeing(ADJECTIVES[adjective], who.feminine, who.plural)._replace(mark="exclamation")
        be, etre = (
            english.verb_group(who.form, "be", "present")[0],
            french.conjugate("être", "present", who.form),
        )
        return Both(tagged(f"how/ADV {ADJECTIVES[adjective].english}/ADJ") + who.english + be,
                    tagged("que/ADV") + who.french + (Word(etre, "AUX"), spoken)) + EXCLAIM  # fmt: skip
    thing, feminine = what_a(noun, adjective, plural)
    if row is None:
        return thing + EXCLAIM
    who = asked(draw, third=0.6)
    action = activities(f"{row[0]} | {row[1]}")[0]
    return thing + say(who, "past", action, agree=(feminine, plural)) + who.call + EXCLAIM


def fits_exclaiming(noun: str) -> list[str]:
    """The adjectives one may exclaim about."""
    return [word for word in NOUNS[noun].adjectives if word in EXCLAIMED]
