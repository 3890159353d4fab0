"""A checker of French, written apart from the Phrasebook's grammar, with a lexicon of its own.

`faults(tokens, tags)` reads a sentence (or two in a row) and names what a teacher would mark. It shares no
code and no table with the generator: genders are listed here again by hand, adjectives are read by their
endings, verbs by the endings that each person has.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise


def listed(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


MASCULINE = set(
    listed("""
acteur agriculteur ami anglais an appartement après-midi arbre architecte argent article avion avocat
aéroport ballon bateau beau besoin beurre billet biscuit boulanger brouillard bruit bureau bus bébé cadeau
café cahier canapé canard champ chanteur chapeau chat chaud cheval chien chocolat château ciel cinéma
coiffeur colis couloir couteau crayon côté dessert devoir dictionnaire dimanche disque docteur dos dîner
embouteillage enfant exercice fauteuil film fils football français froid fromage frère gant garage garçon
grand-père gâteau hiver homme hôpital hôtel infirmier italien jambon jardin jouet journal jour jus kilo lac
lait lapin lit livre lundi légume magasin magazine mal manteau marché match matin message miroir mois
moment monde monsieur morceau mot mur musicien musée médecin noir oignon oiseau oncle ordinateur pain
panier parapluie parc parent passeport pays petit-déjeuner piano poisson pont portefeuille poème problème
professeur pull père quart rapport repas restaurant retard revoir riz roman sac samedi sandwich serveur
soir soleil sommeil stylo tableau tapis temps tennis thé théâtre tiroir toit tort train travail téléphone
vase vent ventre verre village vin violon voisin vélo écrivain étudiant été âge œuf dentiste journaliste
photographe vétérinaire bibliothécaire touriste échec billet
""")
)
FEMININE = set(
    listed("""
actrice agricultrice aide amie année araignée assiette avocate bague banane banque bibliothèque bière
blague boulangerie boulangère bouteille boîte campagne carte chaise chambre chanson chanteuse chaussure
chemise chorale clé clôture coiffeuse confiture course cousine cravate cuillère cuisine demie dent eau
exposition face faim famille femme fenêtre fille fleur fois forêt gare gorge grand-mère guitare heure
histoire horloge infirmière jupe lampe lettre liste lunette machine madame mairie maison math mer minute
montagne montre musicienne musique mère omelette orange peur pharmacie photo piscine pièce plage poire
pomme porte poste question radio raison rivière robe route rue règle région salade semaine soif soupe
souris sœur table tante tasse tente tranche télévision tête université vacance vache vaisselle valise veste
viande ville voiture écharpe école écrivaine église émission étudiante île dentiste journaliste
photographe vétérinaire bibliothécaire architecte
""")
)
ALIKE = set(listed("bus colis dos fils jus mois pays repas souris tapis temps tennis fois anglais français"))
GIRLS = set(listed("Alice Anne Claire Emma Inès Julie Louise Marie Sophie"))
BOYS = set(listed("Adrien Antoine Arthur Louis Lucas Marc Nicolas Paul Pierre Thomas"))
QUEL = ("quel", "quelle", "quels", "quelles")
LIKE_PLURAL = ("vient", "revient", "devient", "sent", "ment")  # singular for all their -nt
NAMED = ("ami", "amie", "cousine")  # a name may follow: mon amie Alice
MUTE_H = ("habit", "heure", "hier", "histoire", "hiver", "homme", "hôpita", "hôtel", "horloge")
# Adjectives: those whose feminine is not the masculine with -e; the plural adds -s unless told.
IRREGULAR = {
    "beau": "bel belle beaux belles",
    "nouveau": "nouvel nouvelle nouveaux nouvelles",
    "vieux": "vieil vieille vieux vieilles",
    "bon": "- bonne bons bonnes",
    "blanc": "- blanche blancs blanches",
    "gentil": "- gentille gentils gentilles",
    "gros": "- grosse gros grosses",
    "long": "- longue longs longues",
    "cher": "- chère chers chères",
    "fier": "- fière fiers fières",
    "dernier": "- dernière derniers dernières",
    "léger": "- légère légers légères",
    "inquiet": "- inquiète inquiets inquiètes",
    "sec": "- sèche secs sèches",
    "frais": "- fraîche frais fraîches",
    "italien": "- italienne italiens italiennes",
    "jaloux": "- jalouse jaloux jalouses",
}
INFINITIVES_RE = set(
    listed("""
être lire écrire dire faire boire croire prendre apprendre comprendre attendre entendre répondre vendre
perdre rendre mettre descendre promettre connaître reconnaître naître conduire construire traduire rire
sourire suivre vivre peindre
""")
)
ETRE = set(
    listed(
        "suis es est sommes êtes sont étais était étions étiez étaient serai sera serons seront serez seras"
    )
)
ETRE |= {"sois", "soyons", "soyez", "été"}
SPEAK_TO = set(
    listed("téléphoné parlé répondu écrit menti souri donné montré prêté envoyé apporté vendu lu expliqué")
)
CLITIC_RANK = {
    **dict.fromkeys(listed("me te se nous vous m' t' s'"), 1),
    **dict.fromkeys(listed("le la les"), 2),
    **dict.fromkeys(listed("lui leur"), 3),
    "y": 4,
    "en": 5,
}
ALL = frozenset({"ms", "mp", "fs", "fp"})
SINGULAR, PLURAL = frozenset({"ms", "fs"}), frozenset({"mp", "fp"})
DETERMINERS = {
    **dict.fromkeys(["le", "un", "ce", "cet", "quel", "du"], frozenset({"ms"})),
    **dict.fromkeys(["la", "une", "cette", "quelle", "ma", "ta", "sa"], frozenset({"fs"})),
    **dict.fromkeys(["l'", "mon", "ton", "son", "notre", "votre", "leur"], SINGULAR),
    **dict.fromkeys(["les", "des", "ces", "mes", "tes", "ses", "nos", "vos", "leurs"], PLURAL),
    **dict.fromkeys(["de", "d'"], ALL),
    **dict.fromkeys(["tous", "quels"], frozenset({"mp"})),
    **dict.fromkeys(["toutes", "quelles"], frozenset({"fp"})),
}


def vowel(word: str) -> bool:
    """Whether the word begins with a vowel or a mute h."""
    word = word.lower()
    if word[0] == "h":
        return word.startswith(MUTE_H)
    return unicodedata.normalize("NFD", word)[0] in "aeiouy" and not word.startswith("onze") or word[0] == "œ"


def noun_forms(word: str) -> frozenset[str]:
    """The gender and number that a noun may have, none for an unknown one."""
    found = set()
    for gender, words in (("m", MASCULINE), ("f", FEMININE)):
        if word in words:
            found.add(gender + "s")
        stems = [word] if word in ALIKE else [word[:-1]] if word[-1] in "sx" else []
        stems += [word[:-3] + "al", word[:-3] + "ail"] if word.endswith("aux") else []
        if words & set(stems):
            found.add(gender + "p")
    return frozenset(found)


def adjective_forms(word: str) -> frozenset[str]:
    """The gender and number that an adjective or a participle may have, by its ending."""
    for masculine, others in IRREGULAR.items():
        row = others.split()
        places = [(masculine, "ms"), *zip(row, ["ms", "fs", "mp", "fp"], strict=True)]
        if found := frozenset(place for form, place in places if form == word):
            return found
    if word.endswith("euse"):
        return frozenset({"fs"})
    if word.endswith("euses"):
        return frozenset({"fp"})
    if word.endswith("eux"):
        return frozenset({"ms", "mp"})
    if word in ("surpris", "gris", "français", "anglais", "pris", "appris", "compris", "mis", "promis"):
        return frozenset({"ms", "mp"})
    if word.endswith(
        (
            "ile",
            "able",
            "ide",
            "ôle",
            "ste",
            "ade",
            "ouge",
            "une",
            "rne",
            "rapide",
            "riche",
            "sale",
            "ropre",
            "alme",
            "eune",
            "èbre",
        )
    ):
        return SINGULAR
    if word.endswith("es") and adjective_forms(word[:-1]) == SINGULAR:
        return PLURAL
    if word.endswith("es"):
        return frozenset({"fp"})
    if word.endswith("e"):
        return frozenset({"fs"})
    return frozenset({"mp"}) if word.endswith("s") else frozenset({"ms"})


@dataclass
class Being:
    """Something that words agree with: person 0 to 5, its gender and number."""

    person: int
    forms: frozenset[str]
    loose: bool = False  # ce: what follows need not agree


@dataclass
class Frame:
    """A clause while it is read: its subject, what stands in front as an object, whether its verb has
    come.
    """

    subject: Being | None = None
    front: frozenset[str] | None = None
    done: bool = False


@dataclass
class Reader:
    """Reads one sentence from left to right and notes the faults of agreement."""

    tokens: list[str]
    tags: list[str]
    addressed: Being
    named_before: frozenset[str] | None = None
    faults: list[str] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=lambda: [Frame()])
    last: frozenset[str] = ALL
    first: frozenset[str] | None = None
    waiting: str | None = None

    def read(self) -> list[str]:
        """All faults."""
        place = 0
        while place < len(self.tokens):
            place = self.step(place)
        return self.faults

    def step(self, place: int) -> int:
        """Read what begins at `place`; return where to go on."""
        token, tag = self.tokens[place], self.tags[place]
        top = self.frames[-1]
        if tag == "PUNCT":
            self.frames = [Frame()]
        elif token == "est-ce":
            top.front, top.subject = (top.subject.forms if top.subject else top.front), None
            return place + 2
        elif token == "combien" and self.tokens[place + 1] in ("de", "d'"):
            end, forms = self.noun_phrase(place + 2)
            top.front = forms
            return end
        elif (
            tag == "SCONJ"
            or token in ("quand", "où", "pourquoi")
            or token in ("que", "qu'")
            and tag == "PRON"
        ):
            if tag != "PRON" or place > 0:
                relative = tag == "PRON" and token in ("que", "qu'")
                self.frames.append(Frame(front=self.last if relative else None))
        elif tag == "CCONJ":
            if top.done:
                self.frames = [Frame()]
        elif tag in ("DET", "NUM", "NOUN", "PROPN", "ADJ"):
            return self.read_noun_phrase(place)
        elif tag == "PRON":
            self.read_pronoun(place)
        elif tag in ("VERB", "AUX") and self.finite(place):
            self.read_verb(place)
        return place + 1

    def noun_phrase(self, place: int) -> tuple[int, frozenset[str]]:
        """(end, forms) of the noun phrase at `place`; notes words in it that do not agree."""
        start, forms, noun = place, ALL, False
        while place < len(self.tokens):
            token, tag = self.tokens[place], self.tags[place]
            before = self.tags[place - 1] if place > start else ""
            graded = token == "plus" and self.tags[place + 1] == "ADJ" and before == "DET"
            most = tag == "DET" and noun and self.tokens[place + 1] == "plus"  # le jardin le plus calme
            if tag == "ADJ":
                forms &= adjective_forms(token)
            elif tag == "DET" and (before in ("", "DET") or most):
                forms &= DETERMINERS.get(token, frozenset())
            elif tag == "NUM" and not noun:
                forms &= {"un": frozenset({"ms"}), "une": frozenset({"fs"})}.get(token, PLURAL)
            elif tag == "NOUN" and not noun:
                noun, known = True, noun_forms(token)
                if not known:
                    self.faults.append(f"unknown noun {token}")
                forms &= known
            elif tag == "PROPN" and (
                before in ("", "DET") or before == "NOUN" and self.tokens[place - 1] in NAMED
            ):
                noun = True
                forms &= {"fs"} if token in GIRLS else {"ms"} if token in BOYS else ALL
            elif not graded:
                break
            place += 1
        if not forms:
            self.faults.append(f"no agreement in {' '.join(self.tokens[start:place])!r}")
            forms = ALL
        return place, frozenset(forms)

    def read_noun_phrase(self, place: int) -> int:
        """A noun phrase becomes the subject, part of it, or what stands before a relative clause."""
        end, forms = self.noun_phrase(place)
        if end == place:
            return place + 1
        top, before = self.frames[-1], self.tags[place - 1] if place else ""
        self.last = forms
        if self.first is None:
            self.first = forms
        if before == "ADP" or (
            before == "ADV"
            and self.tokens[place - 1] in ("plus", "si", "très", "trop", "peu", "aussi", "moins")
        ):
            return end
        if self.waiting:
            token = self.waiting
            self.waiting = None
            several = forms <= PLURAL or self.tokens[end] == "et"
            self.agree(token, Being(5 if several else 2, forms))
        elif not top.done:
            joined = place > 0 and self.tokens[place - 1] == "et" and top.subject
            if joined:
                forms = (
                    frozenset({"fp"})
                    if top.subject.forms <= {"fs"} and forms <= {"fs"}
                    else frozenset({"mp"})
                )
            if top.subject and not joined:
                top.front = top.subject.forms  # Quelle belle robe ta sœur a achetée
            top.subject = Being(5 if forms <= PLURAL else 2, forms)
        return end

    def read_pronoun(self, place: int) -> None:
        """A pronoun that is a subject."""
        token, top = self.tokens[place], self.frames[-1]
        if place and self.tags[place - 1] == "ADP":
            return
        subjects = {
            "je": Being(0, frozenset({"ms"})),
            "j'": Being(0, frozenset({"ms"})),
            "il": Being(2, frozenset({"ms"})),
            "elle": Being(2, frozenset({"fs"})),
            "ils": Being(5, frozenset({"mp"})),
            "elles": Being(5, frozenset({"fp"})),
            "tu": Being(1, self.addressed.forms),
            "personne": Being(2, frozenset({"ms"})),
        }
        if token in subjects and not (token == "personne" and top.done):
            if top.done:
                self.frames.append(Frame())
            elif top.subject:
                top.front = top.subject.forms  # Quelle belle robe elle a achetée
            self.frames[-1].subject = subjects[token]
        elif (
            token in ("nous", "vous")
            and not top.done
            and (not top.subject or self.tokens[0] in QUEL)
            and (self.tokens[place - 1 if place else 0] not in ("ne", "n'"))
        ):
            top.front = top.subject.forms if top.subject else top.front
            top.subject = Being(3, frozenset({"mp"})) if token == "nous" else Being(4, self.addressed.forms)
        elif token in ("ce", "c'"):
            top.subject = Being(2, ALL, loose=True)
        elif token == "qui":
            if place == 0:
                top.subject = Being(2, frozenset({"ms"}))
            else:
                self.frames.append(Frame(Being(5 if self.last <= PLURAL else 2, self.last)))

    def finite(self, place: int) -> bool:
        """Whether the verb here is neither an infinitive nor a participle."""
        token = self.tokens[place]
        if infinitive(token):
            return False
        back = place - 1
        while back >= 0 and (self.tags[back] == "ADV" or self.tokens[back] == "rien"):
            back -= 1
        return not (back >= 0 and self.tags[back] == "AUX" and (self.tags[place] == "VERB" or token == "été"))

    def read_verb(self, place: int) -> None:
        """A finite verb: does it agree with its subject, and what follows with whatever it must?"""
        token = self.tokens[place]
        if self.frames[-1].done and len(self.frames) > 1:
            while len(self.frames) > 1 and self.frames[-1].done:
                self.frames.pop()
        top = self.frames[-1]
        started = any(self.tags[i] in ("NOUN", "PROPN") for i in range(place)) or self.tokens[0] in (
            "où",
            "combien",
            "quel",
        )
        if (
            top.subject is None
            and self.tokens[0] in ("où", "combien")
            or self.tokens[0] == "quel"
            and place == 2
        ):
            self.waiting = token
        elif top.subject is None and not started and not top.done:
            self.command(place)
        elif top.subject is None or top.done:
            self.faults.append(f"no subject for {token}")
        else:
            self.agree(token, top.subject)
            self.complements(place, top)
        top.done = True

    def agree(self, token: str, subject: Being) -> None:
        """The ending that each person has."""
        fits = {
            0: token.endswith(("e", "s", "x", "ai")) and not token.endswith("ons"),
            1: token.endswith(("s", "x")) and not token.endswith("ons"),
            2: token.endswith(("e", "t", "d", "a"))
            and (token in LIKE_PLURAL or not token.endswith(("ent", "ont"))),
            3: token.endswith("ons") or token == "sommes",
            4: token.endswith("ez") or token in ("êtes", "faites", "dites"),
            5: token.endswith("nt"),
        }[subject.person]
        if subject.loose:
            fits = token in ("est", "était", "sont", "étaient")
        if not fits:
            self.faults.append(f"{token} does not agree with person {subject.person}")

    def command(self, place: int) -> None:
        """An imperative: tu without -s after -e, vous in -ez, nous in -ons; its adjective agrees with the
        one addressed.
        """
        token, person = self.tokens[place], self.addressed.person
        if token.endswith("ons"):
            return
        if (
            token == "vas"
            or (token.endswith("ez") or token in ("faites", "dites")) != (person == 4)
            or person == 1
            and token.endswith("es")
        ):
            self.faults.append(f"command {token} does not suit the one addressed")
        if (
            place + 1 < len(self.tags)
            and self.tags[place + 1] == "ADJ"
            and not (adjective_forms(self.tokens[place + 1]) & self.addressed.forms)
        ):
            self.faults.append(f"{self.tokens[place + 1]} does not agree with the one addressed")

    def complements(self, place: int, top: Frame) -> None:
        """Participles and adjectives behind être and avoir."""
        if self.tags[place] != "AUX":
            return
        ahead = place + 1
        while self.tags[ahead] == "ADV" or self.tokens[ahead] in ("rien", "été"):
            ahead += 1
        word, tag = self.tokens[ahead], self.tags[ahead]
        etre = self.tokens[place] in ETRE or "été" in self.tokens[place:ahead]
        if tag == "ADJ" and not top.subject.loose and not adjective_forms(word) & top.subject.forms:
            self.faults.append(f"{word} does not agree with its subject")
        if tag != "VERB":
            return
        if etre:
            wanted = top.subject.forms
        else:
            wanted = self.object_before(place, word) or top.front or frozenset({"ms"})
        if not adjective_forms(word) & wanted:
            self.faults.append(f"participle {word} does not agree, wanted one of {sorted(wanted)}")

    def object_before(self, place: int, participle: str) -> frozenset[str] | None:
        """Gender and number of the direct object pronoun before an auxiliary, if there is one."""
        back, found = place - 1, None
        while back >= 0 and self.tags[back] in ("PRON", "ADV"):
            token = self.tokens[back]
            if token in ("le", "la", "les", "l'"):
                forms = {"le": frozenset({"ms"}), "la": frozenset({"fs"}), "les": PLURAL, "l'": SINGULAR}[
                    token
                ]
                found = forms & (self.named_before or ALL)
            elif (
                found is None
                and self.subject_at(back) is False
                and participle_base(participle) not in SPEAK_TO
            ):
                found = {"nous": frozenset({"mp"}), "m'": frozenset({"ms"}), "t'": self.addressed.forms}.get(
                    token
                )
            back -= 1
        return found

    def subject_at(self, place: int) -> bool:
        """Whether the pronoun here is the clause's subject."""
        return (
            place == 0
            or self.tags[place - 1] in ("SCONJ", "PART", "CCONJ", "PUNCT")
            or self.tokens[place - 1] in ("que", "qu'", "où", "quand", "pourquoi")
        )


def participle_base(word: str) -> str:
    """A participle without the endings of gender and number."""
    return re.sub(r"(?<=[éuit])e?s?$", "", word)


def infinitive(token: str) -> bool:
    """Whether the token is an infinitive."""
    return token.endswith(("er", "ir")) or token in INFINITIVES_RE


def elision(tokens: list[str], tags: list[str]) -> list[str]:
    """Obligatory before a vowel, forbidden before a consonant; forms such as cet, mon amie, vieil."""
    found = []
    for place, (word, after) in enumerate(pairwise(tokens)):
        tag, open_ = tags[place], vowel(after)
        if tags[place + 1] == "PUNCT":
            continue
        if word.endswith("'") and word != "aujourd'hui" and not open_:
            found.append(f"{word} before {after}")
        if open_ and word in ("je", "me", "te", "se", "le", "la", "ne", "de", "que") and tag != "NOUN":
            found.append(f"{word} not elided before {after}")
        if word == "si" and tag == "SCONJ" and after in ("il", "ils"):
            found.append("si il")
        if word == "ce" and open_ or word == "cet" and not open_:
            found.append(f"{word} {after}")
        if open_ and word in ("ma", "ta", "sa", "beau", "nouveau") and tags[place + 1] in ("NOUN", "ADJ"):
            found.append(f"{word} {after}")
        if open_ and word == "vieux" and tags[place + 1] == "NOUN" and noun_forms(after) == {"ms"}:
            found.append(f"{word} {after}")
        if not open_ and word in ("bel", "nouvel", "vieil"):
            found.append(f"{word} {after}")
        if (
            not open_
            and word in ("mon", "ton", "son")
            and tags[place + 1] == "NOUN"
            and noun_forms(after) <= {"fs"}
        ):
            found.append(f"{word} {after}")
    return found


def contraction(tokens: list[str], tags: list[str]) -> list[str]:
    """à le, de les and so on must contract; au and du do not stand before a vowel."""
    found = []
    for place, (word, after) in enumerate(pairwise(tokens)):
        if word in ("de", "à") and after in ("le", "les") and tags[place + 1] == "DET":
            found.append(f"{word} {after} not contracted")
        if word in ("au", "du") and tags[place] in ("ADP", "DET") and vowel(after):
            found.append(f"{word} {after}")
    return found


def negation(tokens: list[str], tags: list[str]) -> list[str]:
    """ne needs its second word, pas needs its ne; a denied direct object has de."""
    found = []
    seconds = {"pas", "jamais", "plus", "rien", "personne"}
    for place, word in enumerate(tokens):
        if word in ("ne", "n'"):
            only = any(
                token in ("que", "qu'") and tag == "ADV" for token, tag in zip(tokens, tags, strict=True)
            )
            if not only and not seconds & set(tokens[place + 1 :]) and "personne" not in tokens[:place]:
                found.append("ne without a second word")
        if word in ("pas", "jamais", "rien", "personne") and not {"ne", "n'"} & set(tokens):
            found.append(f"{word} without ne")
        if word in ("pas", "jamais", "plus") and tags[place] == "ADV":
            found += article_denied(tokens, tags, place)
    return found


def article_denied(tokens: list[str], tags: list[str], place: int) -> list[str]:
    """After ne ... pas a direct object takes de, not un, une, des, du; être keeps its article."""
    verb = next((tokens[back] for back in range(place - 1, -1, -1) if tags[back] in ("VERB", "AUX")), "")
    compound = place + 1 < len(tags) and any(
        tags[i] == "VERB" for i in range(place + 1, min(place + 4, len(tags)))
    )
    if verb in ETRE and not compound or not {"ne", "n'"} & set(tokens[:place]):
        return []
    ahead = place + 1
    while ahead < len(tags) and (
        tags[ahead] in ("VERB", "AUX", "PRON") or tokens[ahead] in ("encore", "déjà")
    ):
        ahead += 1
    if ahead == place + 1 and tokens[place] == "plus" and tags[ahead] == "ADJ":
        return []
    partitive = tokens[ahead] in ("de", "d'") and tags[ahead] == "DET" and tags[ahead + 1] == "DET"
    if tags[ahead] == "DET" and tokens[ahead] in ("un", "une", "des", "du") or partitive:
        return [f"{tokens[place]} ... {tokens[ahead]} instead of de"]
    return []


def clitics(tokens: list[str], tags: list[str]) -> list[str]:
    """Object pronouns stand before a verb, in their order; behind it only in commands, with a hyphen."""
    found = []
    for place, (word, after) in enumerate(pairwise(tokens)):
        if tags[place] != "PRON" or word not in CLITIC_RANK and word != "l'":
            continue
        rank = CLITIC_RANK.get(word, 2)
        if word in ("nous", "vous", "lui", "leur", "en") and place and tags[place - 1] == "ADP":
            continue
        if tags[place + 1] == "PRON" and (after in CLITIC_RANK or after == "l'"):
            if CLITIC_RANK.get(after, 2) <= rank and word not in ("nous", "vous"):
                found.append(f"pronouns {word} {after}")
        elif tags[place + 1] not in ("VERB", "AUX") and not (
            word in ("nous", "vous") and after in ("ne", "n'")
        ):
            found.append(f"pronoun {word} before {after}")
        if after in ("ne", "n'") and word not in ("nous", "vous"):
            found.append(f"pronoun {word} before ne")
    return found


def infinitives(tokens: list[str], tags: list[str]) -> list[str]:
    """An infinitive behind de, à, pour, sans and behind verbs that govern one."""
    found = []
    governing = re.compile(
        r"(?:veu[xt]|voul\w+|peu[xt]|pou[vr]\w+|doi[st]|dev\w+|doivent|peuvent|veulent|vais|vas|va|vont)$"
    )
    for place, (word, tag) in enumerate(zip(tokens, tags, strict=True)):
        if tag not in ("VERB", "AUX") or infinitive(word):
            continue
        back = place - 1
        while back > 0 and (
            tags[back] == "PRON"
            and tokens[back] in (*CLITIC_RANK, "l'", "rien")
            or tokens[back] in ("pas", "jamais", "plus", "rien")
        ):
            back -= 1
        if back < 0:
            continue
        if tags[back] == "ADP" and tokens[back] not in ("avec", "en"):
            found.append(f"{word} behind {tokens[back]} is no infinitive")
        if tags[back] == "VERB" and governing.match(tokens[back]):
            found.append(f"{word} behind {tokens[back]} is no infinitive")
    return found


def typography(text: str) -> list[str]:
    """NFC, narrow no-break spaces before ? and !, straight apostrophes, a capital first, a mark last."""
    found = []
    if unicodedata.normalize("NFC", text) != text:
        found.append("not NFC")
    if re.search("(?<!\u202f)[?!;:]", text) or re.search("\u202f(?![?!;:])", text):
        found.append("space before ? or !")
    if re.search("[\u00a0\u2019\t]|  | [,.]|^ | $|' ", text):
        found.append("spacing")
    if not text[0].isupper() or text[-1] not in ".?!":
        found.append("no capital or no mark")
    return found


def addressee(tokens: list[str]) -> Being:
    """Who `tu` or `vous` is: a name or a title behind the last comma, else a man, tu."""
    if "," not in tokens:
        return Being(1, frozenset({"ms"}))
    call = tokens[len(tokens) - tokens[::-1].index(",") : -1]
    if len(call) == 1 and call[0] in GIRLS | BOYS:
        return Being(1, frozenset({"fs"}) if call[0] in GIRLS else frozenset({"ms"}))
    titles = {
        ("monsieur",): "ms",
        ("docteur",): "ms",
        ("madame",): "fs",
        ("les", "enfants"): "mp",
        ("mes", "amis"): "mp",
    }
    if tuple(call) in titles:
        return Being(4, frozenset({titles[tuple(call)]}))
    return Being(1, frozenset({"ms"}))


def sentences(tokens: list[str], tags: list[str]) -> list[tuple[list[str], list[str]]]:
    """The sentences of a pair, each with its mark."""
    parts, start = [], 0
    for place, token in enumerate(tokens):
        if token in (".", "?", "!"):
            parts.append((tokens[start : place + 1], tags[start : place + 1]))
            start = place + 1
    return parts


def faults(tokens: tuple[str, ...], tags: tuple[str, ...]) -> list[str]:
    """What is wrong with the French of these tokens, in words; nothing where all is right."""
    if len(tokens) != len(tags):
        return ["as many tags as tokens are needed"]
    found: list[str] = []
    small = [token if tag == "PROPN" else token.lower() for token, tag in zip(tokens, tags, strict=True)]
    addressed, before = addressee(small), None  # before: the noun that the last sentence began with
    for part, marks in sentences(small, list(tags)):
        for rule in (elision, contraction, negation, clitics, infinitives):
            found += rule(part, marks)
        reader = Reader(part, marks, addressed, before)
        found += reader.read()
        if pronoun_clash(part, marks, before):
            found.append("pronoun of another gender or number than its noun")
        before = reader.first
    return found


def pronoun_clash(tokens: list[str], tags: list[str], named: frozenset[str] | None) -> bool:
    """Whether le, la or les takes up a noun of another gender or number, named in the sentence before."""
    forms = {
        "le": {"ms"},
        "-le": {"ms"},
        "la": {"fs"},
        "-la": {"fs"},
        "les": {"mp", "fp"},
        "-les": {"mp", "fp"},
    }
    return named is not None and any(
        tag == "PRON" and token in forms and not forms[token] & named
        for token, tag in zip(tokens, tags, strict=True)
    )
