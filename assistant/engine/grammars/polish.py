"""How Polish says that something has been done."""

from .grammar import Lexicon, Stems, words

GRAMMAR = Stems(
    acts={
        "booked": (
            "(?:za|z)?rezerwowa(?:łem|łam|liśmy|łyśmy)|umówi(?:łem|łam|liśmy)|zapisa(?:łem|łam|liśmy)"
            r"|potwierdzi(?:łem|łam|liśmy)|wpisa(?:łem|łam|liśmy)|zabukowa(?:łem|łam|liśmy)|(?:zosta\w+|jest|są"
            r"|został\w+|mam|ma pan\w*)(?: \S+){0,4}? (?:zarezerwowan|umówion|zapisan|potwierdzon|zabukowan|wpisan"
            r"|ustalon|zaklepan)\w+|(?:zarezerwowan|umówion|zapisan|potwierdzon|zabukowan"
            r"|zaplanowan)\w+(?: \S+){0,3}? (?:na|dla)(?!\w)|(?:jest|jesteś|są)(?: \S+){0,2}? (?:zapisan|umówion)\w+"
            r"|zarezerwowano|potwierdzono|zapisano|(?:wizyt\w+|rezerwacj\w+|termin|stolik) (?:jest |już )*(?:pana|pani"
            r"|twoj\w+|zarezerwowan\w+|umówion\w+|potwierdzon\w+|gotow\w+|zaklepan\w+)"
        ),
        "cancelled": r"(?:odwoła|anulowa|skasowa)(?:łem|łam|liśmy)|(?:odwołan|anulowan)[aeoy]\b|odwołano|anulowano",
        "rescheduled": (
            r"(?:przełoży|przenios|zmieni|przesun)\w*(?:łem|łam|liśmy|ęłam|ąłem|ęliśmy)|(?:przełożon|przeniesion"
            r"|przesunięt|zmienion)[aeoy]\b|przełożono|przeniesiono"
        ),
        "sent": (
            "(?:wysła|przekaza|powiadomi|poinformowa|przesła|napisa|zgłosi)(?:łem|łam|liśmy)|(?:wysłan|przekazan"
            r"|powiadomion|przesłan|poinformowan)[aeoyi]\b|wysłano|przekazano|powiadomiono|otrzyma(?: pan\w*"
            r"|sz)?(?: \S+){0,5}? (?:e-?mail\w*|potwierdzenie|wiadomość|sms\w*)|(?:e-?mail|potwierdzenie"
            r"|wiadomość)(?: \S+){0,5}? (?:w drodze|poszł\w+|poszedł|dotarł\w*)"
        ),
        "done": (
            "(?:zaktualizowa|doda|usuną|usunę|utworzy|zapisa|zwróci|złoży)(?:łem|łam|liśmy)|(?:zaktualizowan|dodan"
            r"|usunięt|utworzon|złożon)[aeoy]\b|\A\W*(?:gotowe|załatwione|zrobione|wszystko gotowe|zrobione)\W*\Z"
        ),
    },
    denied=(
        r"\b(?:nie|jeszcze|czy|może\w*|mog\w+|można|proszę|aby|żeby|chce\w*|chciał\w*|będzie|będą|zostanie|zwykle"
        r"|zawsze|niestety|dla (?:pacjentów|klientów|gości)|w zeszłym roku|każd\w+|nic|żadn\w+|mówi\w*|pisał\w*"
        r"|u nas|nasz\w+|kto inny|inn\w+ osob\w+)\b"
    ),
    condition=(
        r"\bpo (?:wyborze|wybraniu|zabiegu|wizycie|(?!południu|śniadaniu)\w+niu)\b|"
        r"\b(?:jeśli|jeżeli|gdy|kiedy|po (?:potwierdzeniu|tym|dokonaniu|otrzymaniu|opłaceniu)|dopóki|zanim"
        r"|jak tylko|aby|żeby|o ile|w razie|po (?:rezerwacji|zapisie|zapisaniu|zakupie|płatności)(?=,? otrzyma))\b"
    ),
    weak=(
        r"\b(?:należy do (?:pan\w|ciebie)|udało (?:mi |nam )?się|(?:zrealizowan|wykonan|dokonan|przyjęt"
        r"|załatwion)\w+|dotar\w+|w drodze)\b|"
        r"\b(?:do zobaczenia|widzimy się|czekamy|zapraszamy (?:na|w|we)|ma pan\w* (?:wizytę|termin)|masz (?:wizytę"
        r"|termin)|załatwion\w+|gotow\w+|zrobion\w+|klepnięt\w+|(?:zarezerwowan|umówion|potwierdzon|odwołan|wysłan"
        r"|zapisan)\w+|twój termin|w kalendarzu|w grafiku)\b"
    ),
    perfect_future=r"do tego czasu [^.]{0,60}\b(?:zarezerwowan|umówion|potwierdzon)\w+",
    nouns=r"(?<!\w)(?:wizyt|rezerwacj|termin(?!al)|stolik|potwierdzeni|wiadomoś|zgłoszeni|zabieg|zwrot|spotkani|prośb)\w*",
)

LEXICON = Lexicon(
    days=(r"poniedział\w+", r"wtor\w+", r"środ\w+", r"czwart\w+", r"piąt\w+", r"sobot\w+", r"niedziel\w+"),
    soon="dziś|dzisiaj|jutro|pojutrze",
    at=r"o|na|godz\w*",
    free=(
        r"woln\w+|dostępn\w+|otwar\w+|zamkn\w+|czynn\w+|zaproponowa\w+|propon\w+|mog\w+|może\w*|czy|chce\w*|lub"
        r"|albo|od|do|między|zaczyna|trwa|kosztuje|zajęcia|kurs\w*|warsztat\w*|pełn\w+|zajęt\w+|trzymam|sprawdz\w+"
        r"|ostatni\w*|pierwsz\w+|każd\w+|jeśli|odpowiada|pasuje|proszę|jeszcze"
    ),
    done=r"potwierdzon\w+|zarezerwowan\w+|umówion\w+|odwołan\w+|przełożon\w+|zapisan\w+|gotowe|zrobione",
    status="status|stan|wizyta|rezerwacja",
    reference="(?:numer|nr|kod) (?:rezerwacji|wizyty|potwierdzenia|zamówienia|referencyjny)|referencja|kod|numer",
    details="data|dzień|godzina|czas|kiedy|gdzie|usługa|zabieg|imię|miejsce|cena|osoby|stolik|lekarz",
    confirmation="potwierdzenie(?: (?:rezerwacji|wizyty))?|(?:wizyta|rezerwacja) potwierdzona|szczegóły rezerwacji",
    again=r"też|także|również|drug\w+|kolejn\w+|ob(?:a|ie|ydwie)|dwie|dwa",
    words=words(
        "ten ta te tego tej tym tych pana panu panią panem moja twoje nasz nasza jego jej ich im go mu ją tu tam teraz"
        " dziś dzisiaj jutro rano wieczorem tylko także też bez pod nad przy między który które którym kto gdy jeśli żeby"
        " aby albo będzie będą były było mamy masz mają mogę możemy trzeba więcej mniej bardzo dwa dwie trzy cztery euro"
        " nie niego sobie około minut godzin dni trwa kosztuje każdy przyjmujemy i w na z do jest się to że o po za od czy"
        " jak dla pan pani są mam ma może można proszę dzień dobry tak przez przed już jeszcze która kiedy gdzie co nas"
        " nam ci twoja twój państwa być był była został została mi lub oraz u ze"
    ),
)
