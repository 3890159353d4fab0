"""The words: nouns, adjectives, people, activities, what can be done to what, times and places.

Every table is read once. Combinations come from here alone, so a sentence can only say what a table allows:
a noun names the adjectives that suit it, a verb the nouns that it can have as its object.
"""

# ruff: noqa: E501  (a row of a table stays on one line)

from typing import NamedTuple

from rnnlib.data.phrasebook.french import starts_with_vowel
from rnnlib.data.phrasebook.words import Both, Phrase, Subject, Word, both, listed, rows, tagged


class Noun(NamedTuple):
    """A noun in both languages: (singular, plural) forms, French gender, adjectives that suit it."""

    english: tuple[str, str]
    french: tuple[str, str]
    feminine: bool
    adjectives: tuple[str, ...]


class Adjective(NamedTuple):
    """An adjective: English, its French masculine, form before a vowel, feminine and plural, where it
    stands.
    """

    english: str
    masculine: str
    before_vowel: str
    feminine: str
    masculine_plural: str
    before: bool


class Activity(NamedTuple):
    """A verb with all that belongs to it, in both languages; `fits` says in which tenses it sounds natural.

    Letters of `fits`: h a habit; p in progress; d one event of a day; y one event of a year; i infinitive,
    after want and must. M A E: only in the morning, the afternoon, the evening.
    """

    english: str
    french: str
    complement: Both
    fits: str


def forms(cell: str, plural: str) -> tuple[str, str]:
    """(singular, plural) of a cell like `knife/knives`, or by the regular ending."""
    singular, _, irregular = cell.partition("/")
    return singular, irregular or (
        singular if singular[-1] in "sxz" and plural != "es" else singular + plural
    )


def english_plural(cell: str) -> tuple[str, str]:
    """box/boxes, baby/babies, book/books."""
    if cell.endswith(("s", "x", "ch", "sh")) and "/" not in cell:
        return forms(cell, "es")
    if cell.endswith("y") and cell[-2] not in "aeiou":
        return cell, cell[:-1] + "ies"
    return forms(cell, "s")


def french_plural(cell: str) -> tuple[str, str]:
    """bateau/bateaux, cheval/chevaux, livre/livres, bus/bus."""
    return forms(cell, "x" if cell.endswith(("eau", "eu")) else "s")


# English | French masculine | feminine; those that stand before their noun come first
BEFORE = """
    big       | grand  | grande
    small     | petit  | petite
    little    | petit  | petite
    gros      | gros   | grosse
    old       | vieux/vieil | vieille
    new       | nouveau/nouvel | nouvelle
    beautiful | beau/bel | belle
    good      | bon    | bonne
    young     | jeune  | jeune
    pretty    | joli   | jolie
    """
BEHIND = """
    red       | rouge  | rouge
    green     | vert   | verte
    blue      | bleu   | bleue
    white     | blanc  | blanche
    black     | noir   | noire
    yellow    | jaune  | jaune
    grey      | gris   | grise
    heavy     | lourd  | lourde
    light     | léger  | légère
    expensive | cher   | chère
    interesting | intéressant | intéressante
    boring    | ennuyeux | ennuyeuse
    difficult | difficile | difficile
    easy      | facile | facile
    funny     | drôle  | drôle
    sad       | triste | triste
    happy     | heureux | heureuse
    tired     | fatigué | fatiguée
    ill       | malade | malade
    kind      | gentil | gentille
    shy       | timide | timide
    polite    | poli   | polie
    lazy      | paresseux | paresseuse
    clever    | intelligent | intelligente
    famous    | célèbre | célèbre
    rich      | riche  | riche
    strong    | fort   | forte
    proud     | fier   | fière
    ready     | prêt   | prête
    busy      | occupé | occupée
    curious   | curieux | curieuse
    serious   | sérieux | sérieuse
    jealous   | jaloux | jalouse
    careful   | prudent | prudente
    patient   | patient | patiente
    surprised | surpris | surprise
    worried   | inquiet | inquiète
    hot       | chaud  | chaude
    cold      | froid  | froide
    fresh     | frais  | fraîche
    delicious | délicieux | délicieuse
    empty     | vide   | vide
    full      | plein  | pleine
    clean     | propre | propre
    dirty     | sale   | sale
    closed    | fermé  | fermée
    open      | ouvert | ouverte
    broken    | cassé  | cassée
    dangerous | dangereux | dangereuse
    quiet     | calme  | calme
    round     | rond   | ronde
    comfortable | confortable | confortable
    modern    | moderne | moderne
    important | important | importante
    fast      | rapide | rapide
    slow      | lent   | lente
    dry       | sec    | sèche
    deep      | profond | profonde
    French    | français | française
    English   | anglais | anglaise
    Italian   | italien | italienne
    Spanish   | espagnol | espagnole
    tall      | grand  | grande
    """


GROS = "gros"  # the key of `big` where French says gros: fruit, parcels


def read_adjective(before: bool, english: str, masculine: str, feminine: str) -> Adjective:
    """A row of the tables above; a masculine in -s or -x does not change in the plural, -eau takes -x."""
    masculine, _, before_vowel = masculine.partition("/")
    plural = masculine if masculine[-1] in "sx" else masculine + ("x" if masculine.endswith("eau") else "s")
    return Adjective(
        "big" if english == GROS else english, masculine, before_vowel or masculine, feminine, plural, before
    )


ADJECTIVES = {row[0]: read_adjective(True, *row) for row in rows(BEFORE)}
ADJECTIVES |= {row[0]: read_adjective(False, *row) for row in rows(BEHIND)}

# English | French | gender | adjectives
NOUNS = {
    row[0].partition("/")[0]: Noun(
        english_plural(row[0]), french_plural(row[1]), row[2] == "f", tuple(row[3].split())
    )
    for row in rows("""
    book     | livre    | m | old new good interesting boring difficult funny
    letter   | lettre   | f | important sad old
    newspaper | journal/journaux | m | old French English Spanish
    magazine | magazine | m | old interesting Italian French
    article  | article  | m | interesting boring new important
    novel    | roman    | m | good old interesting French English
    poem     | poème    | m | beautiful sad old funny
    story    | histoire | f | funny sad beautiful old
    message  | message  | m | important funny sad
    report   | rapport  | m | important boring new
    dictionary | dictionnaire | m | new old gros French Spanish
    list     | liste    | f | new important
    question | question | f | difficult easy interesting important
    exercise | exercice | m | difficult easy new
    problem  | problème | m | difficult serious new
    rule     | règle    | f | new easy important
    joke     | blague   | f | funny old good
    hat      | chapeau  | m | old new black green beautiful
    shirt    | chemise  | f | white blue new clean
    dress    | robe     | f | red green pretty new beautiful
    coat     | manteau  | m | black grey old new heavy
    jacket   | veste    | f | black grey new old
    scarf/scarves | écharpe | f | blue red pretty new
    tie      | cravate  | f | black red new
    sweater  | pull     | m | green blue old new
    skirt    | jupe     | f | black pretty red new
    shoe     | chaussure | f | black new old comfortable
    glove    | gant     | m | black grey new
    umbrella | parapluie | m | old black red new
    ring     | bague    | f | old beautiful expensive
    watch    | montre   | f | old new expensive beautiful
    car      | voiture  | f | old new red fast small
    bike     | vélo     | m | old new red
    boat     | bateau   | m | old small white beautiful
    plane    | avion    | m | small old big
    train    | train    | m | slow fast old
    house    | maison   | f | big small old beautiful white modern
    flat     | appartement | m | small big modern beautiful
    room     | chambre  | f | small big quiet comfortable
    kitchen  | cuisine  | f | small new modern
    garage   | garage   | m | old small
    door     | porte    | f | old green heavy
    window   | fenêtre  | f | big small
    wall     | mur      | m | old white
    fence    | clôture  | f | old white new
    table    | table    | f | old round small big
    chair    | chaise   | f | old comfortable
    armchair | fauteuil | m | old red comfortable
    lamp     | lampe    | f | old small pretty
    mirror   | miroir   | m | old round big
    bed      | lit      | m | big small comfortable
    carpet   | tapis    | m | old red beautiful
    clock    | horloge  | f | old beautiful
    roof     | toit     | m | old red
    key      | clé      | f | old small new
    phone    | téléphone | m | new old expensive
    computer | ordinateur | m | new old expensive fast
    radio    | radio    | f | old small
    bag      | sac      | m | black heavy old new
    suitcase | valise   | f | heavy old black
    box      | boîte    | f | heavy empty small
    basket   | panier   | m | heavy empty old
    wallet   | portefeuille | m | old black empty
    photo    | photo    | f | old beautiful funny
    painting | tableau  | m | old beautiful expensive
    pencil   | crayon   | m | red blue
    pen      | stylo    | m | black new
    notebook | cahier   | m | blue old
    cup      | tasse    | f | white blue old
    glass    | verre    | m | small clean
    plate    | assiette | f | white big clean
    knife/knives | couteau | m | small old
    spoon    | cuillère | f | small clean
    bottle   | bouteille | f | empty green old
    vase     | vase     | m | old blue beautiful
    gift     | cadeau   | m | beautiful expensive gros
    ball     | ballon   | m | red blue new
    guitar   | guitare  | f | old new beautiful
    piano    | piano    | m | old black
    ticket   | billet   | m | expensive
    passport | passeport | m | new old
    flower   | fleur    | f | white yellow red beautiful
    tree     | arbre    | m | old big beautiful
    toy      | jouet    | m | old new broken
    parcel   | colis    | m | heavy gros
    desk     | bureau   | m | old big
    machine  | machine  | f | old new modern
    apple    | pomme    | f | red green small
    pear     | poire    | f | yellow small
    orange   | orange   | f | gros
    banana   | banane   | f | yellow
    egg      | œuf/œufs | m | gros fresh
    cake     | gâteau   | m | gros delicious small
    sandwich | sandwich | m | gros
    omelette | omelette | f | delicious gros
    biscuit  | biscuit  | m | delicious dry small
    soup     | soupe    | f | hot delicious good
    salad    | salade   | f | fresh delicious green
    meal     | repas    | m | delicious good
    dessert  | dessert  | m | delicious good
    song     | chanson  | f | new sad beautiful old French Italian
    record   | disque   | m | old new
    film     | film     | m | good old sad funny boring French Italian
    play     | pièce    | f | good boring funny new
    match    | match    | m | boring important good
    programme | émission | f | good boring interesting
    exhibition | exposition | f | interesting new beautiful
    museum   | musée    | m | small old interesting famous
    castle   | château  | m | old big beautiful famous
    church   | église   | f | old small beautiful
    garden   | jardin   | m | big small beautiful quiet
    park     | parc     | m | big beautiful quiet
    town     | ville    | f | old small quiet beautiful
    village  | village  | m | old small quiet pretty
    bridge   | pont     | m | old new famous
    street   | rue      | f | quiet small old
    school   | école    | f | new small modern good
    hospital | hôpital/hôpitaux | m | new big modern
    hotel    | hôtel    | m | small quiet expensive modern comfortable
    restaurant | restaurant | m | small good Italian expensive
    shop     | magasin  | m | small new expensive
    bakery   | boulangerie | f | small new good
    library  | bibliothèque | f | new big quiet modern
    bank     | banque   | f | big modern
    pharmacy | pharmacie | f | new small
    café     | café     | m | small quiet old
    beach    | plage    | f | beautiful small quiet
    lake     | lac      | m | deep big beautiful
    river    | rivière  | f | deep dangerous beautiful
    forest   | forêt    | f | big deep quiet
    island   | île      | f | small beautiful quiet
    mountain | montagne | f | beautiful dangerous
    road     | route    | f | dangerous
    cat      | chat     | m | black white old small lazy
    dog      | chien    | m | old black gros kind
    horse    | cheval/chevaux | m | black white beautiful old
    bird     | oiseau   | m | small blue beautiful
    cow      | vache    | f | white black
    rabbit   | lapin    | m | white small grey
    mouse/mice | souris/souris | f | white grey small
    duck     | canard   | m | small white
    man/men  | homme    | m | young old kind famous
    woman/women | femme | f | young old kind famous
    boy      | garçon   | m | little shy polite
    girl     | fille    | f | little shy polite
    child/children | enfant | m | little polite shy
    baby     | bébé     | m | beautiful
    friend   | ami      | m | good old English Italian
    neighbour | voisin  | m | new kind old
    doctor   | médecin  | m | young new good
    baker    | boulanger | m | young new
    waiter   | serveur  | m | young polite
    nurse    | infirmière | f | young kind
    singer   | chanteuse | f | famous young Italian
    actor    | acteur   | m | famous young English
    actress  | actrice  | f | famous young Italian
    tourist  | touriste | m | English Italian Spanish
    """)
}

# Kin: English | French | gender
KIN = {
    row[0]: (row[1], row[2] == "f")
    for row in rows("""
    brother | frère | m
    sister  | sœur  | f
    father  | père  | m
    mother  | mère  | f
    uncle   | oncle | m
    aunt    | tante | f
    grandfather | grand-père | m
    grandmother | grand-mère | f
    son     | fils  | m
    daughter | fille | f
    """)
}
GIRLS = listed("Marie Julie Claire Anne Alice Emma Sophie Inès Louise")
BOYS = listed("Paul Pierre Lucas Antoine Thomas Louis Marc Nicolas Arthur Adrien")


def name(text: str) -> Phrase:
    """A first name."""
    return tagged(f"{text}/PROPN")


def person(text: str, form: int, feminine: bool = False, plural: bool = False) -> Subject:
    """A subject from its two sides, written `english = french`."""
    return Subject(*both(text), form, feminine, plural)


I = person("I/PRON = je/PRON", 0)  # noqa: E741
YOU = person("you/PRON = tu/PRON", 1)
HE = person("he/PRON = il/PRON", 2)
SHE = person("she/PRON = elle/PRON", 2, feminine=True)
WE = person("we/PRON = nous/PRON", 3, plural=True)
THEY = person("they/PRON = ils/PRON", 5, plural=True)
PRONOUNS = [I, YOU, HE, SHE, WE, THEY]

SINGLE = [Subject(name(girl), name(girl), 2, feminine=True) for girl in GIRLS]
SINGLE += [Subject(name(boy), name(boy), 2) for boy in BOYS]
COUPLES = [
    Subject(name(a) + tagged("and/CCONJ") + name(b), name(a) + tagged("et/CCONJ") + name(b), 5, both_girls, True)
    for a, b, both_girls in [
        ("Paul", "Marie", False), ("Anne", "Lucas", False), ("Julie", "Claire", True), ("Alice", "Emma", True),
        ("Thomas", "Louise", False), ("Pierre", "Marc", False), ("Sophie", "Inès", True),
    ]
]  # fmt: skip
OWNERS = [("my", "mon ma mes"), ("your", "ton ta tes"), ("his", "son sa ses"), ("her", "son sa ses"),
          ("our", "notre notre nos"), ("their", "leur leur leurs")]  # fmt: skip


def possessive(owner: int, feminine: bool, plural: bool, following: str = "x") -> Word:
    """The French possessive of `OWNERS[owner]`; feminine ma, ta, sa give way to mon, ton, son before a
    vowel.
    """
    masculine, feminine_form, plural_form = OWNERS[owner][1].split()
    if plural:
        return Word(plural_form, "DET", "possessive")
    gentle = feminine and not starts_with_vowel(following)
    return Word(feminine_form if gentle else masculine, "DET", "possessive")


def kin(owner: int, who: str) -> Subject:
    """my brother, their grandmother."""
    french, feminine = KIN[who]
    noun = Word(french, "NOUN")
    english = (Word(OWNERS[owner][0], "DET"), Word(who, "NOUN"))
    return Subject(english, (possessive(owner, feminine, False, french), noun), 2, feminine)


KINFOLK = [kin(owner, who) for owner in range(6) for who in KIN]
MORE_PEOPLE = [
    person("my/DET parents/NOUN = mes/DET/possessive parents/NOUN", 5, plural=True),
    person("her/DET parents/NOUN = ses/DET/possessive parents/NOUN", 5, plural=True),
    person("our/DET neighbours/NOUN = nos/DET/possessive voisins/NOUN", 5, plural=True),
    person("the/DET children/NOUN = les/DET enfants/NOUN", 5, plural=True),
    person("our/DET friends/NOUN = nos/DET/possessive amis/NOUN", 5, plural=True),
    person("the/DET students/NOUN = les/DET étudiants/NOUN", 5, plural=True),
    person("my/DET sisters/NOUN = mes/DET/possessive sœurs/NOUN", 5, feminine=True, plural=True),
    person("his/DET brothers/NOUN = ses/DET/possessive frères/NOUN", 5, plural=True),
    person("the/DET teacher/NOUN = le/DET professeur/NOUN", 2),
    person("our/DET teacher/NOUN = notre/DET/possessive professeur/NOUN", 2),
    person("the/DET doctor/NOUN = le/DET médecin/NOUN", 2),
    person("the/DET nurse/NOUN = la/DET infirmière/NOUN", 2, feminine=True),
    person("the/DET baker/NOUN = le/DET boulanger/NOUN", 2),
    person("the/DET old/ADJ man/NOUN = le/DET vieil/ADJ/adjective_before homme/NOUN", 2),
    person("the/DET young/ADJ woman/NOUN = la/DET jeune/ADJ/adjective_before femme/NOUN", 2, feminine=True),
    person("the/DET girls/NOUN = les/DET filles/NOUN", 5, feminine=True, plural=True),
    person("the/DET boys/NOUN = les/DET garçons/NOUN", 5, plural=True),
    person("my/DET friend/NOUN Alice/PROPN = mon/DET/possessive amie/NOUN Alice/PROPN", 2, feminine=True),
    person("my/DET friend/NOUN Paul/PROPN = mon/DET/possessive ami/NOUN Paul/PROPN", 2),
    person("my/DET cousin/NOUN Julie/PROPN = ma/DET/possessive cousine/NOUN Julie/PROPN", 2, feminine=True),
    person("our/DET neighbour/NOUN = notre/DET/possessive voisin/NOUN", 2),
]
NAMED = SINGLE + COUPLES
PEOPLE = NAMED + KINFOLK[:10] + KINFOLK[20:40] + KINFOLK[50:] + MORE_PEOPLE
# The ways to say `you`: a name or a title at the end shows tu or vous, gender and number.
CALLS = [
    Subject(*both("you/PRON = tu/PRON"), 1, feminine, False, Both(*[tagged(f",/PUNCT {who}/PROPN")] * 2))
    for feminine, names in ((True, GIRLS), (False, BOYS)) for who in names
]  # fmt: skip
CALLS += [
    Subject(*both("you/PRON = vous/PRON"), 4, feminine, plural, both(f",/PUNCT {call}"))
    for feminine, plural, call in [
        (False, False, "sir/NOUN = ,/PUNCT monsieur/NOUN"),
        (True, False, "madam/NOUN = ,/PUNCT madame/NOUN"),
        (False, True, "children/NOUN = ,/PUNCT les/DET enfants/NOUN"),
        (False, False, "doctor/NOUN = ,/PUNCT docteur/NOUN"),
        (False, True, "my/DET friends/NOUN = ,/PUNCT mes/DET/possessive amis/NOUN"),
    ]
    for _ in range(3)
]  # fmt: skip


def read_activity(english: str, french: str, fits: str) -> Activity:
    """A row of the table of activities: the verbs are what stands before the first tagged word."""
    english_words, french_words = english.split(), french.split()
    sides = []
    for words in (english_words, french_words):
        verb = [word for word in words if "/" not in word]
        sides.append((" ".join(verb), tagged(" ".join(words[len(verb) :]))))
    (english_verb, after_english), (french_verb, after_french) = sides
    return Activity(english_verb, french_verb, Both(after_english, after_french), fits)


# English | French | fits. A possessive tagged OWN follows the subject: my room, her room.
ACTIVITIES = [
    read_activity(*row)
    for row in rows("""
    read the/DET newspaper/NOUN      | lire le/DET journal/NOUN | hpdi
    watch television/NOUN            | regarder la/DET télévision/NOUN | hpdiAE
    listen to the/DET radio/NOUN     | écouter la/DET radio/NOUN | hpdi
    listen to music/NOUN             | écouter de/DET/partitive la/DET musique/NOUN | hpdi
    do the/DET shopping/NOUN         | faire les/DET courses/NOUN | hpdi
    do the/DET dishes/NOUN           | faire la/DET vaisselle/NOUN | hpdi
    clean the/DET kitchen/NOUN       | nettoyer la/DET cuisine/NOUN | hpdi
    tidy my/OWN room/NOUN            | ranger ma/OWN chambre/NOUN | hpdi
    prepare dinner/NOUN              | préparer le/DET dîner/NOUN | hpdiE
    have breakfast/NOUN in/ADP the/DET kitchen/NOUN | prendre le/DET petit-déjeuner/NOUN dans/ADP la/DET cuisine/NOUN | hpdM
    have lunch/NOUN in/ADP the/DET garden/NOUN | déjeuner dans/ADP le/DET jardin/NOUN | hpdiA
    have dinner/NOUN with/ADP Claire/PROPN | dîner avec/ADP Claire/PROPN | hpdiE
    take the/DET bus/NOUN            | prendre le/DET bus/NOUN | hdi
    take the/DET train/NOUN          | prendre le/DET train/NOUN | hdi
    play tennis/NOUN                 | jouer à/ADP le/DET tennis/NOUN | hpdi
    play football/NOUN               | jouer à/ADP le/DET football/NOUN | hpdi
    play cards/NOUN                  | jouer à/ADP les/DET cartes/NOUN | hpdi
    play chess/NOUN                  | jouer à/ADP les/DET échecs/NOUN | hpdi
    play the/DET piano/NOUN          | jouer de/ADP le/DET piano/NOUN | hpdi
    play the/DET guitar/NOUN         | jouer de/ADP la/DET guitare/NOUN | hpdi
    play the/DET violin/NOUN         | jouer de/ADP le/DET violon/NOUN | hpdi
    work in/ADP the/DET garden/NOUN  | travailler dans/ADP le/DET jardin/NOUN | hpdiMA
    work at/ADP home/NOUN            | travailler à/ADP la/DET maison/NOUN | hpdi
    walk the/DET dog/NOUN            | promener le/DET chien/NOUN | hpdi
    go for/ADP a/DET walk/NOUN       | se promener | hdi
    get up early/ADV                 | se lever tôt/ADV | hdiM
    get up late/ADV                  | se lever tard/ADV | hdM
    go to/ADP bed/NOUN early/ADV     | se coucher tôt/ADV | hdiE
    go to/ADP bed/NOUN late/ADV      | se coucher tard/ADV | hdE
    rest in/ADP the/DET garden/NOUN  | se reposer dans/ADP le/DET jardin/NOUN | hpdiA
    swim in/ADP the/DET lake/NOUN    | nager dans/ADP le/DET lac/NOUN | hpdiMA
    swim in/ADP the/DET sea/NOUN     | nager dans/ADP la/DET mer/NOUN | hpdiMA
    run in/ADP the/DET park/NOUN     | courir dans/ADP le/DET parc/NOUN | hpdi
    sleep on/ADP the/DET sofa/NOUN   | dormir sur/ADP le/DET canapé/NOUN | hpdiAE
    study French/NOUN                | étudier le/DET français/NOUN | hpdi
    study history/NOUN               | étudier la/DET histoire/NOUN | hpdi
    pack my/OWN suitcase/NOUN        | faire ma/OWN valise/NOUN | pdi
    phone a/DET friend/NOUN          | téléphoner à/ADP un/DET ami/NOUN | hdi
    help the/DET neighbours/NOUN     | aider les/DET voisins/NOUN | hpdi
    see my/OWN friends/NOUN          | voir mes/OWN amis/NOUN | hdiAE
    wait for the/DET bus/NOUN        | attendre le/DET bus/NOUN | hpdi
    wash the/DET car/NOUN            | laver la/DET voiture/NOUN | hpdiMA
    water the/DET flowers/NOUN       | arroser les/DET fleurs/NOUN | hpdi
    feed the/DET cat/NOUN            | nourrir le/DET chat/NOUN | hpdi
    go to/ADP the/DET market/NOUN    | aller à/ADP le/DET marché/NOUN | hdiMA
    go to/ADP the/DET cinema/NOUN    | aller à/ADP le/DET cinéma/NOUN | hdiAE
    go to/ADP the/DET swimming/NOUN pool/NOUN | aller à/ADP la/DET piscine/NOUN | hdi
    go to/ADP the/DET library/NOUN   | aller à/ADP la/DET bibliothèque/NOUN | hdiMA
    go to/ADP the/DET beach/NOUN     | aller à/ADP la/DET plage/NOUN | hdiMA
    go to/ADP the/DET theatre/NOUN   | aller à/ADP le/DET théâtre/NOUN | hdiE
    go to/ADP the/DET hospital/NOUN  | aller à/ADP le/DET hôpital/NOUN | di
    go to/ADP the/DET post/NOUN office/NOUN | aller à/ADP la/DET poste/NOUN | diMA
    go to/ADP the/DET bank/NOUN      | aller à/ADP la/DET banque/NOUN | diMA
    come home late/ADV               | rentrer tard/ADV | hdE
    come home early/ADV              | rentrer tôt/ADV | hdiAE
    stay at/ADP home/NOUN            | rester à/ADP la/DET maison/NOUN | hdi
    go out with/ADP friends/NOUN     | sortir avec/ADP des/DET amis/NOUN | hdiE
    eat at/ADP the/DET restaurant/NOUN | manger à/ADP le/DET restaurant/NOUN | hdiE
    buy bread/NOUN                   | acheter de/DET/partitive le/DET pain/NOUN | hdiMA
    repair my/OWN bike/NOUN          | réparer mon/OWN vélo/NOUN | pdi
    paint the/DET fence/NOUN         | peindre la/DET clôture/NOUN | pdiMA
    look for my/OWN glasses/NOUN     | chercher mes/OWN lunettes/NOUN | hpd
    make a/DET cake/NOUN             | faire un/DET gâteau/NOUN | pdi
    write a/DET letter/NOUN          | écrire une/DET lettre/NOUN | pdi
    play with/ADP the/DET dog/NOUN   | jouer avec/ADP le/DET chien/NOUN | hpdi
    talk to the/DET neighbours/NOUN  | parler à/ADP les/DET voisins/NOUN | hpdi
    drive to/ADP work/NOUN           | aller à/ADP le/DET travail/NOUN en/ADP voiture/NOUN | hdiM
    answer the/DET questions/NOUN    | répondre à/ADP les/DET questions/NOUN | di
    win the/DET match/NOUN           | gagner le/DET match/NOUN | dAE
    miss the/DET train/NOUN          | rater le/DET train/NOUN | dME
    arrive late/ADV                  | arriver en/ADP retard/NOUN | hd
    leave early/ADV                  | partir tôt/ADV | hdi
    buy a/DET car/NOUN               | acheter une/DET voiture/NOUN | yi
    sell the/DET house/NOUN          | vendre la/DET maison/NOUN | yi
    visit Italy/PROPN                | visiter la/DET Italie/PROPN | yi
    visit Spain/PROPN                | visiter la/DET Espagne/PROPN | yi
    go to/ADP Canada/PROPN           | aller à/ADP le/DET Canada/PROPN | yi
    change jobs/NOUN                 | changer de/ADP travail/NOUN | yi
    move to/ADP Paris/PROPN          | déménager à/ADP Paris/PROPN | yi
    get married/ADJ                  | se marier | yi
    learn to/PART swim/VERB          | apprendre à/ADP nager/VERB/infinitive | yi
    learn to/PART drive/VERB         | apprendre à/ADP conduire/VERB/infinitive | yi
    stop smoking/VERB                | arrêter de/ADP fumer/VERB/infinitive | yi
    go back to/ADP university/NOUN   | retourner à/ADP la/DET université/NOUN | yi
    build a/DET house/NOUN           | construire une/DET maison/NOUN | yi
    """)
]
DAILY = [a for a in ACTIVITIES if "d" in a.fits]
YEARLY = [a for a in ACTIVITIES if "y" in a.fits]
HABITS = [a for a in ACTIVITIES if "h" in a.fits]
PROGRESS = [a for a in ACTIVITIES if "p" in a.fits]
WISHES = [a for a in ACTIVITIES if "i" in a.fits]

# (part of the day: M morning, A afternoon, E evening; the time). Without a part it suits every activity.
TIMES = {
    kind: [(row[0], both(row[1])) for row in rows(table)]
    for kind, table in {
        "habit": """
          | every/DET day/NOUN = tous/DET les/DET jours/NOUN
        M | every/DET morning/NOUN = tous/DET les/DET matins/NOUN
        E | every/DET evening/NOUN = tous/DET les/DET soirs/NOUN
          | on/ADP Sundays/NOUN = le/DET dimanche/NOUN
          | on/ADP Saturdays/NOUN = le/DET samedi/NOUN
          | on/ADP Mondays/NOUN = le/DET lundi/NOUN
        """,
        "weekly": """
          | every/DET week/NOUN = toutes/DET les/DET semaines/NOUN
          | once/ADV a/DET week/NOUN = une/NUM/number fois/NOUN par/ADP semaine/NOUN
          | twice/ADV a/DET week/NOUN = deux/NUM/number fois/NOUN par/ADP semaine/NOUN
        """,
        "past": """
          | yesterday/NOUN = hier/ADV
        E | yesterday/NOUN evening/NOUN = hier/ADV soir/NOUN
        M | this/DET morning/NOUN = ce/DET matin/NOUN
          | on/ADP Monday/NOUN = lundi/NOUN
          | last/ADJ Saturday/NOUN = samedi/NOUN dernier/ADJ
          | last/ADJ Sunday/NOUN = dimanche/NOUN dernier/ADJ
          | two/NUM days/NOUN ago/ADV = il/PRON/ago y/PRON a/VERB deux/NUM/number jours/NOUN
          | three/NUM days/NOUN ago/ADV = il/PRON/ago y/PRON a/VERB trois/NUM/number jours/NOUN
        """,
        "past_long": """
          | last/ADJ year/NOUN = la/DET année/NOUN dernière/ADJ
          | last/ADJ month/NOUN = le/DET mois/NOUN dernier/ADJ
          | last/ADJ summer/NOUN = le/DET été/NOUN dernier/ADJ
          | two/NUM years/NOUN ago/ADV = il/PRON/ago y/PRON a/VERB deux/NUM/number ans/NOUN
          | ten/NUM years/NOUN ago/ADV = il/PRON/ago y/PRON a/VERB dix/NUM/number ans/NOUN
          | six/NUM months/NOUN ago/ADV = il/PRON/ago y/PRON a/VERB six/NUM/number mois/NOUN
        """,
        "future": """
          | tomorrow/NOUN = demain/ADV
        M | tomorrow/NOUN morning/NOUN = demain/ADV matin/NOUN
        E | tomorrow/NOUN evening/NOUN = demain/ADV soir/NOUN
        E | tonight/NOUN = ce/DET soir/NOUN
        A | this/DET afternoon/NOUN = cet/DET après-midi/NOUN
          | on/ADP Sunday/NOUN = dimanche/NOUN
          | next/ADJ Saturday/NOUN = samedi/NOUN prochain/ADJ
        """,
        "future_long": """
          | next/ADJ year/NOUN = la/DET année/NOUN prochaine/ADJ
          | next/ADJ month/NOUN = le/DET mois/NOUN prochain/ADJ
          | next/ADJ summer/NOUN = le/DET été/NOUN prochain/ADJ
          | in/ADP two/NUM years/NOUN = dans/ADP deux/NUM/number ans/NOUN
        """,
    }.items()
}
NOW = both("at/ADP the/DET moment/NOUN = en/ADP ce/DET moment/NOUN")

# What can be done to what: English verb | French verb | fits | determiners | nouns.
# Letters of fits: p in progress; d an event of a day; y of a year; l the past only (an accident); s a state
Row = tuple[str, str, str, tuple[str, ...], tuple[str, ...]]
TRANSITIVE: list[Row] = [
    (row[0], row[1], row[2], tuple(row[3].split()), tuple(row[4].split()))
    for row in rows("""
    read      | lire      | pd | the a this | book letter novel article magazine poem message report
    write     | écrire    | pd | a the | letter article poem message report song
    buy       | acheter   | d  | a this | dress hat shirt coat jacket scarf sweater skirt tie bag suitcase ring watch
    buy       | acheter   | d  | a this | lamp table chair armchair mirror bike umbrella guitar painting computer phone vase
    sell      | vendre    | d  | my the | car bike flat boat guitar piano painting computer horse table
    repair    | réparer   | pd | the my | car bike radio computer lamp watch clock roof
    lose      | perdre    | l  | my | key wallet phone ring watch umbrella passport ticket hat scarf
    forget    | oublier   | l  | my | umbrella phone key passport suitcase bag ticket
    break     | casser    | l  | a the | glass cup plate lamp window mirror bottle vase chair
    open      | ouvrir    | d  | the this | door window box suitcase letter bottle gift
    close     | fermer    | d  | the | door window suitcase box
    wash      | laver     | pdMA | the my | car shirt dress window plate sweater
    clean     | nettoyer  | pd | the my | kitchen room car garage carpet
    watch     | regarder  | pdAE | the a this | film match programme
    listen to | écouter   | pd | the a this | song story record
    visit     | visiter   | dMA | the a this | museum castle church town village exhibition
    see       | voir      | dAE | a this the | film play exhibition castle
    paint     | peindre   | pd | the | wall door kitchen room fence chair
    draw      | dessiner  | pd | a the | tree house bird cat horse flower castle boat
    choose    | choisir   | d  | a this | dress shirt ring film restaurant hotel hat book coat
    borrow    | emprunter | d  | a this | book bike car dictionary umbrella novel
    bring     | apporter  | d  | a the | gift cake bottle chair photo salad dessert
    send      | envoyer   | d  | a this the | letter parcel message gift photo
    hide      | cacher    | d  | the my | key gift letter ring photo
    carry     | porter    | p  | a the | suitcase box bag chair basket
    wear      | porter    | p  | a this my | hat dress coat scarf shirt tie jacket ring sweater skirt
    eat       | manger    | pdAE | a the this | apple orange sandwich cake pear banana omelette biscuit soup
    prepare   | préparer  | pdAE | the a | salad soup omelette dessert meal
    plant     | planter   | d  | a this | tree flower
    build     | construire | y | a this | house bridge boat wall
    translate | traduire  | pd | the a this | letter book article poem novel
    finish    | finir     | d  | the this my | book letter soup report exercise meal novel
    look for  | chercher  | p  | my the | key bag book passport umbrella cat dog ticket pen
    find      | trouver   | d  | my a the | key wallet ring ticket hat watch umbrella
    explain   | expliquer | d  | the this | problem rule exercise question
    understand | comprendre | s | the this | question rule exercise problem joke film article
    like      | aimer     | s  | this the | book song film dress garden house painting town village car restaurant poem
    know      | connaître | s  | this the | song village restaurant castle museum story poem
    """)
]
