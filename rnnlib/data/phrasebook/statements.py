"""Statements: what people do, did, used to do and will do; how they are; what there is."""

# ruff: noqa: E501  (a row of a table stays on one line)

from rnnlib.data.phrasebook import english, french
from rnnlib.data.phrasebook.build import (
    ADVERBS,
    Draw,
    activities,
    agreeing,
    as_subject,
    being,
    bind,
    deed,
    matching,
    noun_phrase,
    pronoun_for,
    say,
    simple,
    some_adjective,
    timed,
)
from rnnlib.data.phrasebook.lexicon import (
    ADJECTIVES,
    DAILY,
    HABITS,
    HE,
    KIN,
    KINFOLK,
    NOUNS,
    NOW,
    PROGRESS,
    SHE,
    SINGLE,
    THEY,
    TIMES,
    WISHES,
    YEARLY,
    person,
)
from rnnlib.data.phrasebook.structure import structure
from rnnlib.data.phrasebook.words import Both, Phrase, Subject, Word, both, listed, rows, tagged

BE, BE_AGED, BELONG, BECOME, THERE_IS = activities("""
    be     | être
    be     | avoir
    belong | être
    become | devenir
    be     | y avoir
    """)
COMMA = both(",/PUNCT = ,/PUNCT")
WEEKLY = [
    a
    for a in HABITS
    if a.french.split()[0] in listed("aller jouer nager courir voir laver téléphoner manger")
]


@structure(490)
def habit(draw: Draw) -> Both:
    """Our neighbours play tennis on Sundays."""
    action, who = draw(HABITS), draw.who()
    if draw.chance(0.2):
        action = draw(WEEKLY)
        return say(who, "habit", action) + timed(draw, "weekly", action.fits)
    if draw.chance(0.4):
        word = draw(["often", "always", "sometimes", "rarely"])
        return say(who, "habit", action, adverb=ADVERBS[word])
    return say(who, "habit", action) + timed(draw, "habit", action.fits)


@structure(540)
def habit_denied(draw: Draw) -> Both:
    """She never gets up early. We don't play football anymore. They don't work at home on Mondays."""
    action, who = draw(HABITS), draw.who()
    negation = draw(["jamais", "jamais", "plus", "pas"])
    said = say(who, "habit", action, negation)
    return said + draw(TIMES["habit"][3:])[1] if negation == "pas" else said


@structure(490)
def in_progress(draw: Draw) -> Both:
    """The children are playing chess at the moment."""
    said = say(draw.who(), "now", draw(PROGRESS), draw(["", "", "pas"]))
    return said + NOW if draw.chance(0.4) else said


@structure(710)
def thing_in_progress(draw: Draw) -> Both:
    """Claire is wearing a red dress."""
    negation, row = draw(["", "", "pas"]), draw(matching("p"))
    kinds = ("the", "this", "my") if negation and row[0] != "wear" else ()
    return say(draw.who(), "now", deed(draw, row, kinds=kinds, adjective=0.5).action, negation)


@structure(710)
def past_event(draw: Draw) -> Both:
    """Yesterday, my sister went to the market."""
    action = draw(DAILY)
    negation = draw(["", "", "pas"])
    when = timed(draw, "past", action.fits, ago=not negation)
    said = say(draw.who(), "past", action, negation)
    in_front = draw.chance(0.25) and when.french[0].text != "il"
    return when + COMMA + said if in_front else said + when


@structure(820)
def past_thing(draw: Draw) -> Both:
    """Thomas repaired the old radio last Saturday."""
    negation, row = draw(["", "", "pas"]), draw(matching("d"))
    kinds = ("the", "this", "my") if negation and row[0] not in ("buy", "borrow") else ()
    done = deed(draw, row, kinds=kinds)
    said = say(draw.who(), "past", done.action, negation)
    return said + timed(draw, "past", done.fits, ago=not negation) if draw.chance(0.7) else said


@structure(270)
def accident(draw: Draw) -> Both:
    """I have lost my keys. Emma broke a glass on Monday."""
    done = deed(draw, draw(matching("l")))
    if draw.chance(0.5):
        return say(draw.who(you=True), "perfect", done.action)
    return say(draw.who(), "past", done.action) + timed(draw, "past", "")


@structure(710)
def perfect(draw: Draw) -> Both:
    """They have already finished the exercise. He hasn't closed the window yet."""
    done = deed(draw, draw(matching("d")), kinds=("the", "this"))
    who = draw.who(you=True)
    if draw.chance(0.4):
        return say(who, "perfect", done.action, adverb=ADVERBS["already"])
    return say(who, "perfect", done.action, "pas encore")


ONCE = activities("""
    travel by/ADP plane/NOUN     | voyager en/ADP avion/NOUN
    see the/DET sea/NOUN         | voir la/DET mer/NOUN
    visit this/DET castle/NOUN   | visiter ce/DET/demonstrative château/NOUN
    visit Italy/PROPN            | visiter la/DET Italie/PROPN
    read this/DET novel/NOUN     | lire ce/DET/demonstrative roman/NOUN
    see this/DET film/NOUN       | voir ce/DET/demonstrative film/NOUN
    play chess/NOUN              | jouer à/ADP les/DET échecs/NOUN
    play the/DET violin/NOUN     | jouer de/ADP le/DET violon/NOUN
    hear this/DET song/NOUN      | entendre cette/DET/demonstrative chanson/NOUN
    be to/ADP Canada/PROPN       | aller à/ADP le/DET Canada/PROPN
    be to/ADP Spain/PROPN        | aller en/ADP Espagne/PROPN
    live in/ADP the/DET country/NOUN | vivre à/ADP la/DET campagne/NOUN
    work in/ADP a/DET shop/NOUN  | travailler dans/ADP un/DET magasin/NOUN
    sleep in/ADP a/DET tent/NOUN | dormir sous/ADP une/DET tente/NOUN
    swim in/ADP this/DET river/NOUN | nager dans/ADP cette/DET/demonstrative rivière/NOUN
    drive a/DET bus/NOUN         | conduire un/DET bus/NOUN
    arrive late/ADV              | arriver en/ADP retard/NOUN
    win a/DET match/NOUN         | gagner un/DET match/NOUN
    learn to/PART drive/VERB     | apprendre à/ADP conduire/VERB/infinitive
    """)


@structure(270)
def never_yet(draw: Draw) -> Both:
    """My aunt has never travelled by plane."""
    return say(draw.who(), "perfect", draw(ONCE), "jamais")


@structure(540)
def future_event(draw: Draw) -> Both:
    """They won't go to the cinema tonight."""
    action = draw(DAILY)
    said = say(draw.who(), "will", action, draw(["", "", "pas"]))
    return said + timed(draw, "future", action.fits)


@structure(650)
def going_to(draw: Draw) -> Both:
    """We are going to wash the car tomorrow."""
    if draw.chance(0.5):
        done = deed(draw, draw(matching("d")), kinds=("the", "this", "my"))
        action, fits = done.action, done.fits
    else:
        action = draw(DAILY)
        fits = action.fits
    said = say(draw.who(), "going to", action, draw(["", "", "pas"]))
    return said + timed(draw, "future", fits) if draw.chance(0.6) else said


@structure(380)
def year(draw: Draw) -> Both:
    """My parents bought a car last year. Marie is going to visit Spain next summer."""
    action, who = draw(YEARLY), draw.who()
    if draw.chance(0.5):
        return say(who, "past", action) + timed(draw, "past_long", "")
    when = timed(draw, "future_long", "")
    negation = "" if when.english[0].text == "in" else draw(["", "", "pas"])
    return say(who, draw(["will", "going to"]), action, negation) + when


CHILDHOOD = [
    action
    for action in HABITS
    if action.french.split()[0] in listed("jouer nager courir regarder aller étudier")
    and action.english != "drive"
]
ELDERS = [who for who in KINFOLK if who.english[1].text not in ("son", "daughter")]


@structure(490)
def used_to(draw: Draw) -> Both:
    """My grandmother used to play the violin when she was young."""
    if draw.chance(0.5):
        who, action, age = draw(ELDERS), draw(HABITS), "young"
    else:
        who, action, age = draw.who(), draw(CHILDHOOD), "little"
    when = both("when/SCONJ = quand/SCONJ") + being(pronoun_for(who), age, "state past")
    return say(who, "used to", action) + when


INTERRUPTIONS = [
    both(text[0])
    for text in rows("""
    the/DET phone/NOUN rang/VERB = le/DET téléphone/NOUN a/AUX/passe_compose_avoir sonné/VERB
    it/PRON started/VERB to/PART rain/VERB = il/PRON a/AUX/passe_compose_avoir commencé/VERB à/ADP pleuvoir/VERB/infinitive
    the/DET children/NOUN came/VERB home/ADV = les/DET enfants/NOUN sont/AUX/passe_compose_etre rentrés/VERB
    I/PRON arrived/VERB = je/PRON suis/AUX/passe_compose_etre arrivé/VERB
    Claire/PROPN called/VERB = Claire/PROPN a/AUX/passe_compose_avoir appelé/VERB
    we/PRON arrived/VERB = nous/PRON sommes/AUX/passe_compose_etre arrivés/VERB
    Marc/PROPN came/VERB in/ADV = Marc/PROPN est/AUX/passe_compose_etre entré/VERB
    """)
]
THIRD = [HE, SHE, THEY]


@structure(540)
def was_doing(draw: Draw) -> Both:
    """She was washing the car when it started to rain."""
    who = draw(THIRD) if draw.chance(0.4) else draw(SINGLE + ELDERS)
    done = deed(draw, draw(matching("p")), adjective=0.2) if draw.chance(0.4) else None
    action = done.action if done and done.action.english != "wear" else draw(PROGRESS)
    interruption = draw([i for i in INTERRUPTIONS if i.english[0] not in who.english])
    return say(who, "was doing", action) + both("when/SCONJ = quand/SCONJ") + interruption


MOODS = listed(
    "tired ill happy sad kind shy polite lazy clever proud ready busy curious serious jealous careful patient"
)
MOODS += listed("surprised worried young rich famous strong tall funny old")
LASTING = listed(
    "kind shy polite lazy clever curious serious patient young rich famous strong tall funny old"
)


@structure(650)
def mood(draw: Draw) -> Both:
    """Julie and Claire are very tired today. He wasn't ready this morning."""
    who, adjective = draw.who(), draw(MOODS)
    fleeting = adjective not in LASTING
    negation = draw(["", "", "pas"])
    degree = draw(
        [both("very/ADV = très/ADV"), Both(), both("really/ADV = vraiment/ADV"), both("so/ADV = si/ADV")]
    )
    if negation and degree.english and degree.english[0].text != "very":
        degree = Both()
    if adjective == "ready":
        degree = Both()
    if fleeting and draw.chance(0.6):
        if draw.chance(0.5):
            return being(who, adjective, negation=negation, degree=degree) + both(
                "today/NOUN = aujourd'hui/ADV"
            )
        when = draw(["yesterday/NOUN = hier/ADV", "this/DET morning/NOUN = ce/DET matin/NOUN",
                     "yesterday/NOUN evening/NOUN = hier/ADV soir/NOUN"])  # fmt: skip
        return being(who, adjective, "state past", negation=negation, degree=degree) + both(when)
    return being(who, adjective, negation=negation, degree=degree)


FEELINGS = activities("""
    be hungry/ADJ    | avoir faim/NOUN
    be thirsty/ADJ   | avoir soif/NOUN
    be cold/ADJ      | avoir froid/NOUN
    be sleepy/ADJ    | avoir sommeil/NOUN
    be right/ADJ     | avoir raison/NOUN
    be wrong/ADJ     | avoir tort/NOUN
    be afraid/ADJ of/ADP the/DET dark/NOUN | avoir peur/NOUN de/ADP le/DET noir/NOUN
    be afraid/ADJ of/ADP dogs/NOUN   | avoir peur/NOUN de/ADP les/DET chiens/NOUN
    be afraid/ADJ of/ADP mice/NOUN   | avoir peur/NOUN de/ADP les/DET souris/NOUN
    be afraid/ADJ of/ADP spiders/NOUN | avoir peur/NOUN de/ADP les/DET araignées/NOUN
    have a/DET headache/NOUN         | avoir mal/NOUN à/ADP la/DET tête/NOUN
    have a/DET stomach/NOUN ache/NOUN      | avoir mal/NOUN à/ADP le/DET ventre/NOUN
    have a/DET toothache/NOUN        | avoir mal/NOUN à/ADP les/DET dents/NOUN
    have a/DET sore/ADJ throat/NOUN  | avoir mal/NOUN à/ADP la/DET gorge/NOUN
    have back/NOUN pain/NOUN         | avoir mal/NOUN à/ADP le/DET dos/NOUN
    need help/NOUN                   | avoir besoin/NOUN de/ADP aide/NOUN
    need a/DET holiday/NOUN          | avoir besoin/NOUN de/ADP vacances/NOUN
    need money/NOUN                  | avoir besoin/NOUN de/ADP argent/NOUN
    need a/DET new/ADJ coat/NOUN     | avoir besoin/NOUN de/ADP un/DET nouveau/ADJ/adjective_before manteau/NOUN
    """)


@structure(430)
def feeling(draw: Draw) -> Both:
    """I'm not hungry: avoir faim, avoir mal au dos, avoir besoin d'aide."""
    who, feeling, kind = draw.who(), draw(FEELINGS), draw(["", "", "pas", "plus"])
    if kind == "" and draw.chance(0.3):
        return say(who, "habit", feeling, adverb=ADVERBS[draw(["often", "always", "sometimes"])])
    if kind == "plus" and feeling.complement.french[0].text in ("raison", "tort", "besoin"):
        kind = "pas"
    if kind == "" and len(feeling.complement.french) == 1 and draw.chance(0.3):
        return say(who, "state past", feeling) + both("yesterday/NOUN evening/NOUN = hier/ADV soir/NOUN")
    return say(who, "habit", feeling, kind)


NUMBERS = listed("two deux three trois four quatre five cinq six six seven sept eight huit nine neuf ten dix")
NUMBERS += listed(
    "eleven onze twelve douze fifteen quinze sixteen seize twenty vingt thirty trente forty quarante"
)
NUMBERS += listed("fifty cinquante sixty soixante")
COUNT = {a: both(f"{a}/NUM = {b}/NUM/number") for a, b in zip(NUMBERS[::2], NUMBERS[1::2], strict=True)}
YOUNG = listed("son daughter brother sister")


@structure(220)
def age(draw: Draw) -> Both:
    """My daughter is twelve years old: elle a douze ans."""
    who = draw(KINFOLK + SINGLE + [HE, SHE])
    number = draw(list(COUNT))
    word = who.english[-1].text
    if word in ("son", "daughter"):
        number = draw(list(COUNT)[:13])
    elif word in ("father", "mother", "uncle", "aunt"):
        number = draw(["thirty", "forty", "fifty", "sixty"])
    elif word.startswith("grand"):
        number = "sixty"
    years = COUNT[number] + both("years/NOUN old/ADJ = ans/NOUN")
    tense, when = draw([("habit", Both()), ("will", both("tomorrow/NOUN = demain/ADV")),
                        ("will", both("next/ADJ month/NOUN = le/DET mois/NOUN prochain/ADJ"))])  # fmt: skip
    return say(who, tense, BE_AGED._replace(complement=years)) + when


PLACES = [
    (both(row[0]), tuple(row[1].split()), row[2].split())
    for row in rows("""
    on/ADP the/DET table/NOUN = sur/ADP la/DET table/NOUN | indoors | book letter newspaper key cup glass plate bottle knife spoon vase cake apple photo phone hat dictionary
    under/ADP the/DET bed/NOUN = sous/ADP le/DET lit/NOUN | indoors | box suitcase shoe cat ball toy book bag
    on/ADP the/DET chair/NOUN = sur/ADP la/DET chaise/NOUN | indoors | coat bag jacket newspaper cat hat scarf book
    in/ADP the/DET drawer/NOUN = dans/ADP le/DET tiroir/NOUN | indoors | key pen pencil notebook photo letter glove spoon knife
    in/ADP the/DET kitchen/NOUN = dans/ADP la/DET cuisine/NOUN | indoors | table clock lamp radio mouse chair
    on/ADP the/DET wall/NOUN = sur/ADP le/DET mur/NOUN | indoors | painting clock mirror photo
    in/ADP the/DET garden/NOUN = dans/ADP le/DET jardin/NOUN | outdoors | tree flower cat dog bird rabbit chair table
    in/ADP front/NOUN of/ADP the/DET house/NOUN = devant/ADP la/DET maison/NOUN | outdoors | car tree bike dog
    behind/ADP the/DET school/NOUN = derrière/ADP la/DET école/NOUN | town | park garden lake
    near/ADP the/DET station/NOUN = près/ADV de/ADP la/DET gare/NOUN | town | hotel restaurant café pharmacy bank bakery park
    next/ADV to/ADP the/DET church/NOUN = à/ADP côté/NOUN de/ADP la/DET église/NOUN | town | school bakery café library shop
    opposite/ADP the/DET town/NOUN hall/NOUN = en/ADP face/NOUN de/ADP la/DET mairie/NOUN | town | bank hotel café pharmacy restaurant
    in/ADP this/DET street/NOUN = dans/ADP cette/DET/demonstrative rue/NOUN | town | bakery bank hotel school restaurant shop
    in/ADP the/DET village/NOUN = dans/ADP le/DET village/NOUN | town | church school bakery castle shop
    near/ADP here/ADV = près/ADV de/ADP ici/ADV | town | lake beach hotel restaurant museum hospital forest pharmacy
    in/ADP the/DET tree/NOUN = dans/ADP le/DET arbre/NOUN | outdoors | bird cat
    on/ADP the/DET lake/NOUN = sur/ADP le/DET lac/NOUN | outdoors | boat duck
    in/ADP the/DET field/NOUN = dans/ADP le/DET champ/NOUN | outdoors | cow horse rabbit
    """)
]
SMALL_NUMBERS = ["two", "three", "four", "five", "six"]


def there(form: int, tense: str, thing: Both, negation: str = "") -> Both:
    """There is a cat: il y a un chat; there isn't a cat: il n'y a pas de chat."""
    action, who = THERE_IS._replace(complement=thing), Subject(*both("there/PRON = il/PRON"), 2)
    return Both(
        say(who._replace(form=form), tense, action, negation).english,
        say(who, tense, action, negation).french,
    )


@structure(760)
def there_is(draw: Draw) -> Both:
    """There is an old clock on the wall. There were three boats on the lake. There is no bank in the
    village.
    """
    place, (kind_of_place,), nouns = draw(PLACES)
    noun = draw(nouns)
    adjective = some_adjective(
        draw, noun, 0.4, "French English Italian Spanish lazy important kind expensive"
    )
    tense = draw(["habit", "habit", "state past"])
    kind = draw(["one", "many", "none"])
    if kind == "many":
        number = draw(SMALL_NUMBERS[:2] if kind_of_place == "town" else SMALL_NUMBERS)
        thing = noun_phrase(noun, "bare", adjective, True, COUNT[number]).both
        return there(5, tense, thing + place)
    thing = noun_phrase(noun, "a", adjective).both
    if kind == "none":
        return there(2, tense, thing + place, draw(["pas", "pas", "plus"]))
    return there(2, tense, thing + place)


@structure(650)
def where_it_is(draw: Draw) -> Both:
    """The black cat is under the bed. My keys are in the drawer."""
    place, _, nouns = draw([place for place in PLACES if "town" not in place[1]])
    noun = draw([noun for noun in nouns if noun not in ("park", "garden", "lake", "tree")])
    plural = (
        noun in ("key", "shoe", "glove")
        or draw.chance(0.25)
        and noun not in listed("clock mirror radio table")
    )
    adjective = some_adjective(
        draw, noun, 0.35, "lazy important kind expensive clean beautiful delicious pretty fast"
    )
    personal = noun in listed(
        "book letter key cup hat phone dictionary suitcase bag coat jacket scarf shoe glove"
    )
    thing = noun_phrase(noun, draw(["the", "my"]) if personal else "the", adjective, plural)
    owner, feminine = draw([(0, False), (1, False), (2, False), (2, True), (3, False), (5, False)])
    if personal and owner == 5:
        owner = 0
    who = as_subject(thing, owner, feminine)
    action = BE._replace(complement=place)
    return say(who, draw(["habit", "habit", "state past"]), action, draw(["", "", "", "pas", "plus"]))


CITIES = activities("""
    live in/ADP Paris/PROPN     | habiter à/ADP Paris/PROPN
    live in/ADP Lyon/PROPN      | habiter à/ADP Lyon/PROPN
    live in/ADP France/PROPN    | habiter en/ADP France/PROPN
    live in/ADP Canada/PROPN    | habiter à/ADP le/DET Canada/PROPN
    live in/ADP Japan/PROPN     | habiter à/ADP le/DET Japon/PROPN
    live in/ADP Italy/PROPN     | habiter en/ADP Italie/PROPN
    live in/ADP the/DET United/PROPN States/PROPN | habiter à/ADP les/DET États-Unis/PROPN
    live in/ADP a/DET small/ADJ village/NOUN | habiter dans/ADP un/DET petit/ADJ/adjective_before village/NOUN
    live in/ADP the/DET country/NOUN | habiter à/ADP la/DET campagne/NOUN
    live here/ADV               | habiter ici/ADV
    work in/ADP Brussels/PROPN  | travailler à/ADP Bruxelles/PROPN
    work in/ADP Germany/PROPN   | travailler en/ADP Allemagne/PROPN
    work in/ADP Portugal/PROPN  | travailler à/ADP le/DET Portugal/PROPN
    work in/ADP this/DET office/NOUN | travailler dans/ADP ce/DET/demonstrative bureau/NOUN
    work at/ADP the/DET hospital/NOUN | travailler à/ADP le/DET hôpital/NOUN
    work at/ADP the/DET library/NOUN | travailler à/ADP la/DET bibliothèque/NOUN
    learn French/NOUN           | apprendre le/DET français/NOUN
    learn Italian/NOUN          | apprendre le/DET italien/NOUN
    play the/DET piano/NOUN     | jouer de/ADP le/DET piano/NOUN
    play the/DET violin/NOUN    | jouer de/ADP le/DET violon/NOUN
    wait for the/DET bus/NOUN   | attendre le/DET bus/NOUN
    wait for Thomas/PROPN       | attendre Thomas/PROPN
    look for a/DET flat/NOUN    | chercher un/DET appartement/NOUN
    look for a/DET job/NOUN     | chercher un/DET travail/NOUN
    know my/DET family/NOUN     | connaître ma/DET/possessive famille/NOUN
    """)
SPANS = {
    kind: [both(row[0]) for row in rows(table)]
    for kind, table in {
        "long": """
    for/ADP two/NUM years/NOUN = depuis/ADP deux/NUM/number ans/NOUN
    for/ADP ten/NUM years/NOUN = depuis/ADP dix/NUM/number ans/NOUN
    for/ADP six/NUM months/NOUN = depuis/ADP six/NUM/number mois/NOUN
    for/ADP a/DET long/ADJ time/NOUN = depuis/ADP longtemps/ADV
    """,
        "short": """
    for/ADP an/DET hour/NOUN = depuis/ADP une/DET heure/NOUN
    for/ADP twenty/NUM minutes/NOUN = depuis/ADP vingt/NUM/number minutes/NOUN
    """,
    }.items()
}


@structure(490)
def since(draw: Draw) -> Both:
    """They have lived in Canada for ten years: ils habitent au Canada depuis dix ans."""
    action, who = draw(CITIES), draw.who()
    span = draw(SPANS["short" if action.english == "wait for" else "long"])
    return say(who, "since" if action.english in ("live", "work", "know") else "doing since", action) + span


@structure(270)
def lives(draw: Draw) -> Both:
    """Alice lives in the country. We don't work in Portugal anymore."""
    action = draw([a for a in CITIES if a.english in ("live", "work")])
    if draw.chance(0.4):
        return say(draw.who(), "used to", action)
    return say(draw.who(), "habit", action, draw(["", "plus", "pas"]))


@structure(430)
def just(draw: Draw) -> Both:
    """She has just left early: venir de."""
    who = draw.who()
    if draw.chance(0.5):
        action = deed(draw, draw(matching("d")), kinds=("the", "this", "a")).action
    else:
        action = draw(JUST)
    return say(who, "just", action)


JUST = [
    a for a in DAILY if a.french.split()[0] in listed("faire nettoyer ranger préparer laver arroser nourrir")
]
JUST += activities("""
    leave   | partir
    arrive  | arriver
    come back from/ADP Italy/PROPN | revenir de/ADP Italie/PROPN
    come back from/ADP Canada/PROPN | revenir de/ADP le/DET Canada/PROPN
    get up  | se lever
    wake up | se réveiller
    win the/DET match/NOUN | gagner le/DET match/NOUN
    miss the/DET train/NOUN | rater le/DET train/NOUN
    call Julie/PROPN | appeler Julie/PROPN
    have lunch/NOUN | déjeuner
    find a/DET job/NOUN | trouver un/DET travail/NOUN
    get married/ADJ | se marier
    """)


HOPES = YEARLY + [
    action for action in WISHES if action.french in ("aller", "partir", "sortir", "voir", "finir")
]


@structure(760)
def wish(draw: Draw) -> Both:
    """My son wants to learn to swim. You should rest. They can't come."""
    tense = draw(["want", "want", "can", "must", "should", "would like", "hope", "could"])
    negation = draw(["", "", "pas"]) if tense in ("want", "can", "should") else ""
    action = draw(HOPES if tense == "hope" else WISHES)
    said = say(draw.who(you=tense in ("can", "must", "should", "could")), tense, action, negation)
    if "d" in action.fits and tense not in ("must",) and draw.chance(0.4):
        return said + timed(draw, "future", action.fits)
    return said


@structure(380)
def began(draw: Draw) -> Both:
    """Lucas forgot to feed the cat. She decided to sell the house."""
    tense = draw(["forgot", "decide", "refuse", "promise", "start"])
    pool = {
        "forgot": "fermer nourrir arroser acheter faire téléphoner promener ranger",
        "start": "nettoyer faire étudier peindre préparer laver ranger",
        "refuse": "nettoyer vendre ranger laver faire aider aller",
        "promise": "venir aider téléphoner nettoyer laver rentrer faire",
        "decide": "vendre acheter visiter apprendre rester partir rentrer aller étudier se",
    }[tense].split()
    action = draw(
        [a for a in WISHES if a.french.split()[0] in pool and not (a.french == "aller" and tense == "refuse")]
    )
    return say(draw.who(), tense, action, "pas" if tense == "forgot" and draw.chance(0.4) else "")


LIKES = activities("""
    like chocolate/NOUN | aimer le/DET chocolat/NOUN
    like cheese/NOUN    | aimer le/DET fromage/NOUN
    like coffee/NOUN    | aimer le/DET café/NOUN
    like tea/NOUN       | aimer le/DET thé/NOUN
    like fish/NOUN      | aimer le/DET poisson/NOUN
    like orange/NOUN juice/NOUN | aimer le/DET jus/NOUN de/ADP orange/NOUN
    like apples/NOUN    | aimer les/DET pommes/NOUN
    like eggs/NOUN      | aimer les/DET œufs/NOUN
    like cats/NOUN      | aimer les/DET chats/NOUN
    like horses/NOUN    | aimer les/DET chevaux/NOUN
    like old/ADJ films/NOUN | aimer les/DET vieux/ADJ/adjective_before films/NOUN
    like long/ADJ novels/NOUN | aimer les/DET longs/ADJ/adjective_before romans/NOUN
    like Italian/ADJ songs/NOUN | aimer les/DET chansons/NOUN italiennes/ADJ/adjective_after
    like white/ADJ flowers/NOUN | aimer les/DET fleurs/NOUN blanches/ADJ/adjective_after
    like the/DET sea/NOUN | aimer la/DET mer/NOUN
    like the/DET mountains/NOUN | aimer la/DET montagne/NOUN
    like winter/NOUN | aimer le/DET hiver/NOUN
    like summer/NOUN | aimer le/DET été/NOUN
    like music/NOUN | aimer la/DET musique/NOUN
    like maths/NOUN | aimer les/DET maths/NOUN
    hate spiders/NOUN | détester les/DET araignées/NOUN
    hate the/DET cold/NOUN | détester le/DET froid/NOUN
    hate Mondays/NOUN | détester le/DET lundi/NOUN
    hate onions/NOUN | détester les/DET oignons/NOUN
    prefer tea/NOUN to/ADP coffee/NOUN | préférer le/DET thé/NOUN à/ADP le/DET café/NOUN
    prefer cats/NOUN to/ADP dogs/NOUN | préférer les/DET chats/NOUN à/ADP les/DET chiens/NOUN
    prefer the/DET train/NOUN to/ADP the/DET plane/NOUN | préférer le/DET train/NOUN à/ADP le/DET avion/NOUN
    """)


@structure(430)
def tastes(draw: Draw) -> Both:
    """She doesn't like old films: the French generic article."""
    action = draw(LIKES)
    if action.english == "prefer":
        return say(draw.who(), "habit", action)
    if action.english == "hate" or draw.chance(0.2):
        return say(draw.who(), "habit", action, adverb=ADVERBS["really"] if draw.chance(0.3) else Both())
    return say(draw.who(), "habit", action, draw(["", "pas", "plus"]))


@structure(270)
def likes_doing(draw: Draw) -> Both:
    """Our friends like to swim in the sea."""
    pool = listed(
        "lire regarder écouter jouer nager courir dormir voyager étudier aller se manger sortir dîner "
        "déjeuner"
    )
    action = draw([a for a in WISHES if a.french.split()[0] in pool and "h" in a.fits])
    return say(draw.who(), "like", action, draw(["", "pas"]))


JOBS = [
    both(f"{row[0]} = {row[1]}")
    for row in rows("""
    a/DET doctor/NOUN    | médecin/NOUN
    a/DET dentist/NOUN   | dentiste/NOUN
    a/DET journalist/NOUN | journaliste/NOUN
    a/DET photographer/NOUN | photographe/NOUN
    an/DET architect/NOUN | architecte/NOUN
    a/DET vet/NOUN       | vétérinaire/NOUN
    a/DET librarian/NOUN | bibliothécaire/NOUN
    """)
]
GENDERED_JOBS = {
    feminine: [
        both(f"{row[0]} = {row[1 + feminine]}")
        for row in rows("""
    a/DET nurse/NOUN     | infirmier/NOUN | infirmière/NOUN
    a/DET lawyer/NOUN    | avocat/NOUN    | avocate/NOUN
    a/DET baker/NOUN     | boulanger/NOUN | boulangère/NOUN
    an/DET actor/NOUN    | acteur/NOUN    | actrice/NOUN
    a/DET singer/NOUN    | chanteur/NOUN  | chanteuse/NOUN
    a/DET farmer/NOUN    | agriculteur/NOUN | agricultrice/NOUN
    a/DET musician/NOUN  | musicien/NOUN  | musicienne/NOUN
    a/DET writer/NOUN    | écrivain/NOUN  | écrivaine/NOUN
    a/DET student/NOUN   | étudiant/NOUN  | étudiante/NOUN
    a/DET hairdresser/NOUN | coiffeur/NOUN | coiffeuse/NOUN
    """)
    ]
    for feminine in (False, True)
}


ELDER_WORDS = listed("father mother uncle aunt grandfather grandmother")


@structure(380)
def profession(draw: Draw) -> Both:
    """My aunt is a musician: Ma tante est musicienne."""
    who = draw(KINFOLK + SINGLE + [HE, SHE])
    job = draw(JOBS) if draw.chance(0.35) else draw(GENDERED_JOBS[who.feminine])
    starting = who.english[-1].text not in ELDER_WORDS
    if not starting and job.english[1].text == "student":
        job = draw(JOBS)
    action = BE._replace(complement=job)
    if starting and draw.chance(0.4):
        return say(who, draw(["would like", "want"]), BECOME._replace(complement=job))
    return say(who, draw(["habit", "habit", "state past"]), action, draw(["", "", "pas", "plus"]))


@structure(230)
def weather(draw: Draw) -> Both:
    """It was raining when we arrived. It will be cold tomorrow."""
    action = draw(WEATHER)
    tense, when = draw(WEATHER_TIMES)
    if action.english in ("rain", "snow") and tense == "state past":
        tense = "was doing"
    if action.english in ("rain", "snow") and tense == "habit":
        tense = "now"
    return say(IT, tense, action, draw(["", "pas"])) + both(when)


IT = Subject(*both("it/PRON = il/PRON"), 2)
WEATHER = activities("""
    rain | pleuvoir
    snow | neiger
    be cold/ADJ | faire froid/NOUN
    be hot/ADJ | faire chaud/NOUN
    be sunny/ADJ | faire beau/NOUN
    be very/ADV cold/ADJ | faire très/ADV froid/NOUN
    be very/ADV hot/ADJ | faire très/ADV chaud/NOUN
    be windy/ADJ | y avoir de/DET/partitive le/DET vent/NOUN
    be foggy/ADJ | y avoir de/DET/partitive le/DET brouillard/NOUN
    """)
WEATHER_TIMES = [
    (row[0], row[1])
    for row in rows("""
    habit | today/NOUN = aujourd'hui/ADV
    habit | in/ADP Paris/PROPN = à/ADP Paris/PROPN
    habit | this/DET morning/NOUN = ce/DET matin/NOUN
    habit | in/ADP the/DET mountains/NOUN = à/ADP la/DET montagne/NOUN
    state past | yesterday/NOUN = hier/ADV
    state past | when/SCONJ we/PRON arrived/VERB = quand/SCONJ nous/PRON sommes/AUX/passe_compose_etre arrivés/VERB
    state past | when/SCONJ I/PRON got/VERB up/ADV = quand/SCONJ je/PRON me/PRON/reflexive suis/AUX/passe_compose_etre levé/VERB
    state past | last/ADJ Sunday/NOUN = dimanche/NOUN dernier/ADJ
    will | tomorrow/NOUN = demain/ADV
    will | next/ADJ week/NOUN = la/DET semaine/NOUN prochaine/ADJ
    will | on/ADP Saturday/NOUN = samedi/NOUN
    going to | tonight/NOUN = ce/DET soir/NOUN
    going to | tomorrow/NOUN morning/NOUN = demain/ADV matin/NOUN
    """)
]


# English verb | French verb | what it was done to
PASSIVES = [
    (row[0], row[1], row[2].split())
    for row in rows("""
    write  | écrire     | letter article poem song book
    translate | traduire | book poem novel article
    paint  | peindre    | painting wall door
    build  | construire | house wall boat bridge
    repair | réparer    | roof car bike clock radio
    prepare | préparer  | meal salad soup dessert
    open   | ouvrir     | door window suitcase letter
    close  | fermer     | door window shop
    find   | trouver    | key ring ticket wallet
    choose | choisir    | film restaurant hotel dress
    sell   | vendre     | house car flat piano
    """)
]


@structure(320)
def passive(draw: Draw) -> Both:
    """The letter was written by my grandmother: a été écrite."""
    english_verb, french_verb, nouns = draw(PASSIVES)
    noun = draw(nouns)
    plural = draw.chance(0.2) and noun in listed("letter article poem song book key window door")
    who = as_subject(noun_phrase(noun, draw(["the", "this"]), some_adjective(draw, noun, 0.3, "new"), plural))
    done = Both(
        (Word(english.participle(english_verb), "VERB"),),
        (Word(french.participle(french_verb, who.feminine, who.plural), "VERB", "passive"),),
    )
    agent = draw(KINFOLK + SINGLE)
    by = Both(tagged("by/ADP") + agent.english, tagged("par/ADP") + agent.french)
    return say(who, "past", BE._replace(complement=done + by), draw(["", "", "pas"]))


@structure(320)
def compared(draw: Draw) -> Both:
    """My sister is taller than Paul. They are not as rich as our neighbours."""
    first, second = draw(SINGLE + KINFOLK + [HE, SHE]), draw(SINGLE + KINFOLK)
    while first.english[-1] == second.english[-1]:
        second = draw(SINGLE + KINFOLK)
    adjective = draw(list(COMPARATIVES))
    spoken = agreeing(ADJECTIVES[adjective], first.feminine, first.plural)._replace(mark="comparative")
    kind = draw(["plus", "plus", "moins", "aussi"])
    grade = {"plus": COMPARATIVES[adjective], "aussi": f"as/ADV {adjective}/ADJ",
             "moins": f"less/ADV {adjective}/ADJ"}[kind]  # fmt: skip
    than = tagged("as/SCONJ" if kind == "aussi" else "than/SCONJ") + second.english
    compared = Both(tagged(grade) + than, (Word(kind, "ADV"), spoken) + tagged("que/SCONJ") + second.french)
    return say(first, "habit", BE._replace(complement=compared))


COMPARATIVES = {
    **{word: f"{word}er/ADJ" for word in listed("tall young old strong rich")},
    **{word: f"more/ADV {word}/ADJ" for word in listed("patient serious curious careful famous jealous polite")},
    "lazy": "lazier/ADJ", "happy": "happier/ADJ", "busy": "busier/ADJ", "funny": "funnier/ADJ", "kind":
    "kinder/ADJ",
}  # fmt: skip
# A noun | where or among what it is the most of its kind | English superlative and French adjective
MOST = [
    (row[0].split(), both(row[1]), row[2].split())
    for row in rows("""
    castle church bridge | in/ADP the/DET country/NOUN = de/ADP le/DET pays/NOUN | old beautiful famous
    house street garden  | in/ADP the/DET village/NOUN = de/ADP le/DET village/NOUN | old beautiful quiet
    shop hotel restaurant | in/ADP the/DET town/NOUN = de/ADP la/DET ville/NOUN | old beautiful small
    museum park library | in/ADP the/DET region/NOUN = de/ADP la/DET région/NOUN | big old modern interesting
    mountain river lake | in/ADP the/DET world/NOUN = de/ADP le/DET monde/NOUN | beautiful dangerous
    book film | of/ADP the/DET year/NOUN = de/ADP le/DET année/NOUN | good interesting funny
    """)
]
SUPERLATIVES = {"old": "oldest/ADJ", "beautiful": "most/ADV beautiful/ADJ", "big": "biggest/ADJ", "small": "smallest/ADJ",
                "quiet": "quietest/ADJ", "funny": "funniest/ADJ", "good": "best/ADJ"}  # fmt: skip


@structure(100)
def superlative(draw: Draw) -> Both:
    """It is the oldest church in the country: la plus vieille église, le jardin le plus calme."""
    nouns, where, adjectives = draw(MOST)
    noun, adjective = draw(nouns), draw(adjectives)
    english_noun, french_noun, feminine, _ = NOUNS[noun]
    table = ADJECTIVES[adjective]
    spoken = agreeing(table, feminine, False, french_noun[0])._replace(mark="superlative")
    article = Word("la" if feminine else "le", "DET")
    word = (Word(french_noun[0], "NOUN"),)
    graded: Phrase = (Word("plus", "ADV"), spoken)
    if adjective == "good":
        graded = (Word("meilleure" if feminine else "meilleur", "ADJ", "superlative"),)
    french_side = (article, *graded, *word) if table.before else (article, *word, article, *graded)
    grade = SUPERLATIVES.get(adjective, f"most/ADV {adjective}/ADJ")
    thing = Both(tagged(f"the/DET {grade} {english_noun[0]}/NOUN"), french_side) + where
    front = draw(["it/PRON is/AUX = ce/PRON est/AUX", "it/PRON was/AUX = ce/PRON était/AUX/imparfait"])
    return both(front) + thing


@structure(490)
def this_is(draw: Draw) -> Both:
    """It is a beautiful dress. These are my keys. It isn't my car: ce n'est pas ma voiture."""
    noun = draw([noun for noun in NOUNS if NOUNS[noun].adjectives and noun != "soup"])
    plural, negated = draw.chance(0.3), draw.chance(0.25)
    adjective = some_adjective(draw, noun, 0.85)
    personal = noun in PERSONAL
    kind = "my" if personal and (not adjective or draw.chance(0.4)) else "a"
    if kind == "a" and not adjective:
        adjective = draw(NOUNS[noun].adjectives)
    owner = draw([(0, False), (2, False), (2, True), (3, False), (5, False)])
    thing = bind(noun_phrase(noun, kind, adjective, plural).both, *owner)
    front = THESE_ARE[plural, negated]
    return both(draw(front)) + thing


PERSONAL = listed(
    "book letter hat shirt dress coat jacket scarf tie sweater skirt shoe glove umbrella ring watch car bike"
)
PERSONAL += listed(
    "boat house flat room key phone computer bag suitcase wallet photo pencil pen notebook cup guitar piano"
)
PERSONAL += listed("ticket passport school cat dog horse friend neighbour")
THESE_ARE = {
    (False, False): ["it/PRON is/AUX = ce/PRON est/AUX", "it/PRON was/AUX = ce/PRON était/AUX/imparfait"],
    (False, True): ["it/PRON isn't/AUX = ce/PRON ne/ADV/negation est/AUX pas/ADV/negation"],
    (True, False): ["they/PRON are/AUX = ce/PRON sont/AUX", "these/PRON are/AUX = ce/PRON sont/AUX"],
    (True, True): ["they/PRON aren't/AUX = ce/PRON ne/ADV/negation sont/AUX pas/ADV/negation"],
}


@structure(600)
def thing_is(draw: Draw) -> Both:
    """This exercise is too difficult. The apples weren't very big."""
    noun = draw([noun for noun in NOUNS if noun not in NO_VERDICT])
    fitting = [word for word in NOUNS[noun].adjectives if word not in NOT_PREDICATED]
    adjective = draw(fitting) if fitting else "beautiful"
    plural, kind = draw.chance(0.35), draw(["the", "this", "this", "my"])
    if kind == "my" and (noun not in PERSONAL or plural):
        kind = "the"
    plural = plural and noun != "soup"
    owner = draw([(0, False), (1, False), (2, False), (2, True), (3, False)])
    who = as_subject(noun_phrase(noun, kind, "", plural), *owner)
    negation = draw(["", "", "pas"])
    degree = some_degree(draw, adjective)
    if adjective in EXCESSIVE and not negation:
        degree = draw([both("very/ADV = très/ADV"), both("too/ADV = trop/ADV"), Both()])
    return being(who, adjective, draw(["habit", "state past"]), negation=negation, degree=degree)


def some_degree(draw: Draw, adjective: str) -> Both:
    """very or nothing; nothing for what has no degrees."""
    return Both() if adjective in ABSOLUTE else draw([both("very/ADV = très/ADV"), Both()])


ABSOLUTE = listed("red green blue white black yellow grey round empty full closed open broken delicious")
EXCESSIVE = listed("expensive difficult heavy slow dangerous")
NOT_PREDICATED = listed("new French English Italian Spanish little young")
NO_VERDICT = set(
    listed("man woman boy girl child baby tourist actor actress singer friend egg orange banana sandwich")
)
NO_VERDICT |= set(listed("nurse doctor baker waiter neighbour"))


@structure(380)
def belongs(draw: Draw) -> Both:
    """This bag is Marie's: ce sac est à Marie. Thomas's sister is a doctor: la sœur de Thomas."""
    if draw.chance(0.5):
        noun = draw(
            [noun for noun in PERSONAL if noun not in listed("friend neighbour school house room flat")]
        )
        who = as_subject(noun_phrase(noun, "this", some_adjective(draw, noun, 0.4), draw.chance(0.3)))
        owner = draw(SINGLE + KINFOLK)
        to = Both(tagged("to/ADP") + owner.english, tagged("à/ADP") + owner.french)
        return say(who, draw(["habit", "state past"]), BELONG._replace(complement=to), draw(["", "", "pas"]))
    owner, (word, (mot, feminine)) = draw(SINGLE), draw(list(KIN.items()))
    article = Word("la" if feminine else "le", "DET")
    possessor = Both(
        owner.english + (Word("'s", "PART"), Word(word, "NOUN")),
        (article, Word(mot, "NOUN")) + tagged("de/ADP") + owner.french,
    )
    who = Subject(*possessor, 2, feminine)
    if draw.chance(0.5):
        return being(who, draw(MOODS), negation=draw(["", "pas"]))
    return say(who, "now", draw(PROGRESS))


FOOD = [
    both(f"{row[0]} = {row[1]}")
    for row in rows("""
    bread/NOUN | le/DET pain/NOUN
    cheese/NOUN | le/DET fromage/NOUN
    butter/NOUN | le/DET beurre/NOUN
    jam/NOUN   | la/DET confiture/NOUN
    meat/NOUN  | la/DET viande/NOUN
    fish/NOUN  | le/DET poisson/NOUN
    rice/NOUN  | le/DET riz/NOUN
    soup/NOUN  | la/DET soupe/NOUN
    salad/NOUN | la/DET salade/NOUN
    chocolate/NOUN | le/DET chocolat/NOUN
    ham/NOUN   | le/DET jambon/NOUN
    """)
]
DRINK = [
    both(f"{row[0]} = {row[1]}")
    for row in rows("""
    water/NOUN | la/DET eau/NOUN
    milk/NOUN  | le/DET lait/NOUN
    coffee/NOUN | le/DET café/NOUN
    tea/NOUN   | le/DET thé/NOUN
    wine/NOUN  | le/DET vin/NOUN
    beer/NOUN  | la/DET bière/NOUN
    orange/NOUN juice/NOUN | le/DET jus/NOUN de/ADP orange/NOUN
    """)
]


def some(food: Both, quantity: str = "") -> Both:
    """Some bread, du pain; with a quantity too much bread, trop de pain."""
    if quantity:
        return both(quantity) + food._replace(french=tagged("de/ADP") + food.french[1:])
    return food._replace(french=tagged("de/DET/partitive") + food.french)


QUANTITIES = [
    f"{row[0]} = {row[1]}"
    for row in rows("""
    too/ADV much/ADJ | trop/ADV/quantity
    a/DET lot/NOUN of/ADP | beaucoup/ADV/quantity
    a/DET little/ADJ | un/DET peu/ADV/quantity
    """)
]


@structure(490)
def partitive(draw: Draw) -> Both:
    """She often drinks coffee. We don't eat meat anymore. My son ate too much chocolate yesterday."""
    eats = draw.chance(0.5)
    food, verb = draw(FOOD if eats else DRINK), activities("eat | manger" if eats else "drink | boire")[0]
    who, kind = draw.who(), draw(["often", "negated", "too much", "past", "buy"])
    if kind == "often":
        return say(
            who,
            "habit",
            verb._replace(complement=some(food)),
            adverb=ADVERBS[draw(["often", "sometimes", "rarely"])],
        )
    if kind == "negated":
        return say(who, "habit", verb._replace(complement=some(food)), draw(["pas", "jamais", "plus"]))
    if kind == "too much":
        return say(who, "habit", verb._replace(complement=some(food, draw(QUANTITIES))))
    if kind == "buy":
        verb = activities("buy | acheter")[0]
    much = draw(["", *QUANTITIES[:2]])
    said = say(who, "past", verb._replace(complement=some(food, much)), "" if much else draw(["", "pas"]))
    return said + timed(draw, "past", "", ago=False)


CONTAINERS = [
    (both(row[0]), row[1], row[2].split())
    for row in rows("""
    a/DET glass/NOUN of/ADP = un/DET verre/NOUN/quantity de/ADP | drink boire | water milk wine orange
    a/DET bottle/NOUN of/ADP = une/DET bouteille/NOUN/quantity de/ADP | buy acheter | water milk wine beer orange
    a/DET cup/NOUN of/ADP = une/DET tasse/NOUN/quantity de/ADP | drink boire | coffee tea
    a/DET kilo/NOUN of/ADP = un/DET kilo/NOUN/quantity de/ADP | buy acheter | cheese meat fish rice
    a/DET slice/NOUN of/ADP = une/DET tranche/NOUN/quantity de/ADP | eat manger | bread ham
    a/DET piece/NOUN of/ADP = un/DET morceau/NOUN/quantity de/ADP | eat manger | cheese chocolate bread
    """)
]
EDIBLE = {food.english[0].text: food for food in FOOD + DRINK}


@structure(270)
def containers(draw: Draw) -> Both:
    """I would like to drink a glass of water: un verre d'eau."""
    measure, verb, contents = draw(CONTAINERS)
    food = EDIBLE[draw(contents)]
    action = activities(" | ".join(verb.split()))[0]._replace(
        complement=measure + food._replace(french=food.french[1:])
    )
    who, kind = draw.who(), draw(["would like", "past", "will", "want"])
    if kind in ("past", "will"):
        return say(who, kind, action) + timed(draw, "past" if kind == "past" else "future", "")
    return say(who, kind, action)


@structure(220)
def clock(draw: Draw) -> Both:
    """The train leaves at half past eight: à huit heures et demie."""
    hour = draw(list(COUNT)[:11])
    who, action = draw(TIMETABLE)
    french_hour = COUNT[hour].french + tagged("heures/NOUN")
    when = draw([
        Both(tagged(f"at/ADP {hour}/NUM o'clock/ADV"), tagged("à/ADP") + french_hour),
        Both(tagged(f"at/ADP half/NOUN past/ADP {hour}/NUM"), tagged("à/ADP") + french_hour + tagged("et/CCONJ demie/NOUN")),
        Both(tagged(f"at/ADP a/DET quarter/NOUN past/ADP {hour}/NUM"), tagged("à/ADP") + french_hour + tagged("et/CCONJ quart/NOUN")),
        Both(tagged(f"at/ADP ten/NUM past/ADP {hour}/NUM"), tagged("à/ADP") + french_hour + tagged("dix/NUM/number")),
    ])  # fmt: skip
    return say(who, draw(["habit", "will"]), action) + when


TIMETABLE = [
    (person(row[0], 2, row[2] == "f"), simple(f"{row[3]} | {row[4]}"))
    for row in rows("""
    the/DET train/NOUN = le/DET train/NOUN     | | m | leave | partir
    the/DET bus/NOUN = le/DET bus/NOUN         | | m | leave | partir
    the/DET plane/NOUN = le/DET avion/NOUN     | | m | arrive | arriver
    the/DET museum/NOUN = le/DET musée/NOUN    | | m | open | ouvrir
    the/DET bakery/NOUN = la/DET boulangerie/NOUN | | f | close | fermer
    the/DET film/NOUN = le/DET film/NOUN       | | m | start | commencer
    the/DET play/NOUN = la/DET pièce/NOUN      | | f | start | commencer
    the/DET shop/NOUN = le/DET magasin/NOUN    | | m | close | fermer
    """)
]


@structure(80)
def all_of_them(draw: Draw) -> Both:
    """All the windows are open: toutes les fenêtres."""
    noun, adjective = draw(ALL_OF)
    thing = noun_phrase(noun, draw(["the", "this"]), "", True)
    every = Word("toutes" if thing.feminine else "tous", "DET")
    who = as_subject(thing)
    who = who._replace(english=tagged("all/DET") + who.english, french=(every, *who.french))
    return being(who, adjective, draw(["habit", "state past"]))


ALL_OF = [
    (noun, adjective)
    for nouns, adjectives in [
        ("door window shop bank museum library", "closed open"),
        ("plate cup glass shirt car", "clean dirty"),
        ("box bottle basket", "empty full"),
        ("chair lamp mirror", "broken old"),
        ("room hotel street", "quiet"),
        ("exercise question", "easy difficult"),
        ("book article film", "interesting boring"),
    ]
    for noun in nouns.split()
    for adjective in adjectives.split()
]
