"""French: verb forms, agreement, the order of words around the verb, elision and contraction."""

from functools import cache

from rnnlib.data.phrasebook.words import Phrase, Subject, Word, listed, rows, tagged

# infinitive | present | stem of the future | past participle
IRREGULAR = {
    row[0]: (row[1].split(), row[2], row[3])
    for row in rows("""
    être       | suis es est sommes êtes sont                           | ser       | été
    avoir      | ai as a avons avez ont                                 | aur       | eu
    aller      | vais vas va allons allez vont                          | ir        | allé
    faire      | fais fais fait faisons faites font                     | fer       | fait
    dire       | dis dis dit disons dites disent                        | dir       | dit
    lire       | lis lis lit lisons lisez lisent                        | lir       | lu
    écrire     | écris écris écrit écrivons écrivez écrivent            | écrir     | écrit
    boire      | bois bois boit buvons buvez boivent                    | boir      | bu
    voir       | vois vois voit voyons voyez voient                     | verr      | vu
    croire     | crois crois croit croyons croyez croient               | croir     | cru
    savoir     | sais sais sait savons savez savent                     | saur      | su
    pouvoir    | peux peux peut pouvons pouvez peuvent                  | pourr     | pu
    vouloir    | veux veux veut voulons voulez veulent                  | voudr     | voulu
    devoir     | dois dois doit devons devez doivent                    | devr      | dû
    prendre    | prends prends prend prenons prenez prennent            | prendr    | pris
    apprendre  | apprends apprends apprend apprenons apprenez apprennent | apprendr | appris
    comprendre | comprends comprends comprend comprenons comprenez comprennent | comprendr | compris
    attendre   | attends attends attend attendons attendez attendent    | attendr   | attendu
    entendre   | entends entends entend entendons entendez entendent    | entendr   | entendu
    répondre   | réponds réponds répond répondons répondez répondent    | répondr   | répondu
    vendre     | vends vends vend vendons vendez vendent                | vendr     | vendu
    perdre     | perds perds perd perdons perdez perdent                | perdr     | perdu
    rendre     | rends rends rend rendons rendez rendent                | rendr     | rendu
    descendre  | descends descends descend descendons descendez descendent | descendr | descendu
    promettre  | promets promets promet promettons promettez promettent | promettr | promis
    mettre     | mets mets met mettons mettez mettent                   | mettr     | mis
    connaître  | connais connais connaît connaissons connaissez connaissent | connaîtr | connu
    reconnaître | reconnais reconnais reconnaît reconnaissons reconnaissez reconnaissent |reconnaîtr| reconnu
    naître     | nais nais naît naissons naissez naissent               | naîtr     | né
    dormir     | dors dors dort dormons dormez dorment                  | dormir    | dormi
    partir     | pars pars part partons partez partent                  | partir    | parti
    sortir     | sors sors sort sortons sortez sortent                  | sortir    | sorti
    sentir     | sens sens sent sentons sentez sentent                  | sentir    | senti
    mentir     | mens mens ment mentons mentez mentent                  | mentir    | menti
    courir     | cours cours court courons courez courent               | courr     | couru
    venir      | viens viens vient venons venez viennent                | viendr    | venu
    devenir    | deviens deviens devient devenons devenez deviennent    | deviendr  | devenu
    revenir    | reviens reviens revient revenons revenez reviennent    | reviendr  | revenu
    ouvrir     | ouvre ouvres ouvre ouvrons ouvrez ouvrent              | ouvrir    | ouvert
    offrir     | offre offres offre offrons offrez offrent              | offrir    | offert
    finir      | finis finis finit finissons finissez finissent         | finir     | fini
    choisir    | choisis choisis choisit choisissons choisissez choisissent | choisir | choisi
    nourrir    | nourris nourris nourrit nourrissons nourrissez nourrissent | nourrir | nourri
    conduire   | conduis conduis conduit conduisons conduisez conduisent | conduir  | conduit
    construire | construis construis construit construisons construisez construisent | construir | construit
    traduire   | traduis traduis traduit traduisons traduisez traduisent | traduir  | traduit
    rire       | ris ris rit rions riez rient                           | rir       | ri
    sourire    | souris souris sourit sourions souriez sourient         | sourir    | souri
    suivre     | suis suis suit suivons suivez suivent                  | suivr     | suivi
    vivre      | vis vis vit vivons vivez vivent                        | vivr      | vécu
    peindre    | peins peins peint peignons peignez peignent            | peindr    | peint
    pleuvoir   | pleus pleus pleut pleuvons pleuvez pleuvent            | pleuvr    | plu
    """)
}
# Verbs in -er whose stem changes before a mute e: infinitive, the changed stem, the stem of the future.
STEM_CHANGES = {
    row[0]: (row[1], row[2])
    for row in rows("""
    acheter  | achèt   | achèter
    appeler  | appell  | appeller
    lever    | lèv     | lèver
    promener | promèn  | promèner
    préférer | préfèr  | préférer
    espérer  | espèr   | espérer
    nettoyer | nettoi  | nettoier
    envoyer  | envoi   | enverr
    essayer  | essai   | essaier
    """)
}
WITH_ETRE = set(
    listed("aller venir revenir devenir arriver partir entrer rentrer sortir rester tomber monter descendre")
)
WITH_ETRE |= set(listed("retourner naître"))
IMPERATIVE = {
    "être": ("sois", "soyons", "soyez"),
    "avoir": ("aie", "ayons", "ayez"),
    "aller": ("va", "allons", "allez"),
}
IMPERFECT = listed("ais ais ait ions iez aient")
FUTURE = listed("ai as a ons ez ont")
PRESENT_ER = listed("e es e ons ez ent")
PERSONAL = [tagged(f"{pronoun}/PRON") for pronoun in listed("je tu il nous vous ils")]
REFLEXIVE = [tagged(f"{pronoun}/PRON/reflexive") for pronoun in listed("me te se nous vous se")]
CLITIC_ORDER = {
    word: rank
    for rank, group in enumerate(("me te se nous vous", "le la les", "lui leur", "y", "en"))
    for word in group.split()
}
NEGATIONS = {
    "": (),
    "pas": tagged("pas/ADV/negation"),
    "jamais": tagged("jamais/ADV/negation"),
    "plus": tagged("plus/ADV/negation"),
    "rien": tagged("rien/PRON/negation"),
    "pas encore": tagged("pas/ADV/negation encore/ADV"),
    "later": (),  # the second word comes further back: personne, que
}
MARKS = {"imparfait": "imparfait", "futur": "futur_simple", "conditionnel": "conditionnel"}
COMPOUND = {"passe_compose": "present", "plus_que_parfait": "imparfait"}


def soften(stem: str, ending: str) -> str:
    """The stem of a verb in -ger or -cer keeps its sound before a and o: mangeons, commençais."""
    if ending[0] in "ao":
        if stem.endswith("g"):
            return stem + "e"
        if stem.endswith("c"):
            return stem[:-1] + "ç"
    return stem


@cache
def conjugate(verb: str, tense: str, form: int) -> str:
    """A simple form: `tense` is present, imparfait, futur or conditionnel, `form` 0 to 5."""
    stem = verb[:-2]
    if tense in ("futur", "conditionnel"):
        stem = IRREGULAR[verb][1] if verb in IRREGULAR else STEM_CHANGES.get(verb, ("", verb))[1]
        return stem + (FUTURE if tense == "futur" else IMPERFECT)[form]
    if tense == "imparfait":
        if verb in IRREGULAR:
            stem = "ét" if verb == "être" else IRREGULAR[verb][0][3][:-3]
        return soften(stem, IMPERFECT[form]) + IMPERFECT[form]
    if verb in IRREGULAR:
        return IRREGULAR[verb][0][form]
    if verb in STEM_CHANGES and form not in (3, 4):
        stem = STEM_CHANGES[verb][0]
    return soften(stem, PRESENT_ER[form]) + PRESENT_ER[form]


@cache
def command(verb: str, form: int) -> str:
    """The imperative: `form` 1 (tu), 3 (nous) or 4 (vous)."""
    if verb in IMPERATIVE:
        return IMPERATIVE[verb][(form - 1) // 2 if form != 4 else 2]
    spoken = conjugate(verb, "present", form)
    return spoken[:-1] if form == 1 and spoken.endswith("es") else spoken


@cache
def participle(verb: str, feminine: bool = False, plural: bool = False) -> str:
    """The past participle, agreeing."""
    masculine = IRREGULAR[verb][2] if verb in IRREGULAR else verb[:-2] + "é"
    if feminine or plural:
        masculine = masculine.replace("dû", "du")
    return inflect(masculine, masculine + "e", feminine, plural)


def inflect(masculine: str, feminine_form: str, feminine: bool, plural: bool) -> str:
    """An adjective's or participle's form; the plural adds -s unless the word ends in -s or -x."""
    form = feminine_form if feminine else masculine
    if not plural or form[-1] in "sx":
        return form
    return form + ("x" if form.endswith("eau") else "s")


def clitic(word: str) -> Word:
    """An object pronoun before its verb."""
    return Word(word, "PRON", "clitic_indirect" if word in ("lui", "leur") else "clitic")


def in_order(clitics: Phrase) -> Phrase:
    """Pronouns in the order that French wants: me te se nous vous < le la les < lui leur < y < en."""
    return tuple(sorted(clitics, key=lambda word: CLITIC_ORDER[word.text]))


def own_pronoun(verb: str, who: Subject) -> tuple[str, Phrase]:
    """The bare verb and the pronoun that belongs to it: se lever (follows the subject), y avoir."""
    if verb.startswith("y "):
        return verb[2:], tagged("y/PRON/il_y_a")
    if verb.startswith("se "):
        return verb[3:], REFLEXIVE[who.form]
    return verb, ()


def predicate(
    who: Subject,
    verb: str,
    tense: str = "present",
    *,
    negation: str = "",
    clitics: Phrase = (),
    adverb: Phrase = (),
    after: Phrase = (),
    agree: tuple[bool, bool] | None = None,
    mark: str = "",
) -> Phrase:
    """All from the (negated) verb on.

    Args:
        who: what the verb agrees with.
        verb: infinitive; "se lever" is reflexive, "y avoir" is il y a.
        tense: present, imparfait, futur, conditionnel, passe_compose or plus_que_parfait.
        negation: a key of NEGATIONS.
        clitics: object pronouns, in any order.
        adverb: what stands behind the finite verb (déjà, souvent).
        after: what stands behind the whole verb.
        agree: (feminine, plural) of a direct object that stands before the verb.
        mark: the phenomenon that the finite verb shows, if the tense does not say it.
    """
    bare, reflexive = own_pronoun(verb, who)
    if tense in COMPOUND:
        etre = verb.startswith("se ") or bare in WITH_ETRE
        finite = conjugate("être" if etre else "avoir", COMPOUND[tense], who.form)
        gender, number = (who.feminine, who.plural) if etre else (agree or (False, False))
        past = Word(
            participle(bare, gender, number),
            "AUX" if bare == "être" else "VERB",
            "participle_agreement" if agree and any(agree) else "",
        )
        spoken = Word(finite, "AUX", f"{tense}_{'etre' if etre else 'avoir'}")
        adverb += (past,)
    else:
        tag = "AUX" if bare == "être" else "VERB"
        spoken = Word(conjugate(bare, tense, who.form), tag, mark or MARKS.get(tense, ""))
    ne = tagged("ne/ADV/negation") if negation else ()
    return ne + in_order(reflexive + clitics) + (spoken,) + NEGATIONS[negation] + adverb + after


def infinitive(
    who: Subject, verb: str, *, clitics: Phrase = (), after: Phrase = (), negated: bool = False
) -> Phrase:
    """An infinitive with its pronouns: `ne pas le voir`, `me lever tôt`."""
    bare, reflexive = own_pronoun(verb, who)
    ne_pas = tagged("ne/ADV/negation pas/ADV/negation") if negated else ()
    tag = "AUX" if bare == "être" else "VERB"
    return ne_pas + in_order(reflexive + clitics) + (Word(bare, tag, "infinitive"),) + after


ASPIRATED = tuple(listed("haricot héros hibou hamster homard huit haut hall hasard onze yaourt oui hollande"))
VOWELS = "aàâeéèêëiîïoôuûùyhœæ"
ELIDED = set(listed("je me te se le la ne de que jusque lorsque"))
MAY_ELIDE = ELIDED | {"si", "ce"}


@cache
def starts_with_vowel(word: str) -> bool:
    """Whether a word before this one loses its vowel: vowels and mute h, not the aspirated one."""
    return word[0].lower() in VOWELS and not word.lower().startswith(ASPIRATED)


def elides(word: Word, following: Word) -> bool:
    """Whether `word` loses its vowel before `following`."""
    if word.text == "si":
        return word.tag == "SCONJ" and following.text in ("il", "ils")
    if word.text == "ce":
        return word.tag == "PRON" and following.tag == "AUX" and starts_with_vowel(following.text)
    if word.text not in ELIDED or word.tag == "NOUN":
        return False
    return starts_with_vowel(following.text)


CONTRACTED = {("à", "le"): "au", ("à", "les"): "aux", ("de", "le"): "du", ("de", "les"): "des"}


def join_sounds(phrase: Phrase) -> Phrase:
    """Elision (le ami -> l' ami) and contraction (de le jardin -> du jardin), from left to right."""
    spoken: list[Word] = []
    following = list(phrase[1:]) + [Word("", "END")]
    for word, after in zip(phrase, following, strict=True):
        if word.text in MAY_ELIDE and after.text and elides(word, after):
            spoken.append(Word(word.text[:-1] + "'", word.tag, word.mark))
        elif spoken and word.tag == "DET" and (spoken[-1].text, word.text) in CONTRACTED:
            before = spoken[-1]
            spoken[-1] = Word(CONTRACTED[before.text, word.text], before.tag, before.mark or "contraction")
        else:
            spoken.append(word)
    return tuple(spoken)
