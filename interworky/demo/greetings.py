"""What the demonstration's visitors read first, in the languages that its model has a few words of."""

from __future__ import annotations

GREETINGS = {
    "de": {
        "greeting": "Hallo, ich bin Mia. Ich finde Termine für Sie, beantworte Fragen und gebe dem Team Nachrichten weiter.",
        "starters": (
            "Kann ich am Dienstagnachmittag vorbeikommen?\nWann haben Sie geöffnet?\nIch möchte mit einem Menschen sprechen."
        ),
    },
    "fr": {
        "greeting": "Bonjour, je suis Mia. Je peux vous trouver un rendez-vous, répondre à vos questions ou transmettre un "
        "message à l’équipe.",
        "starters": (
            "Je voudrais un rendez-vous mardi après-midi.\nQuels sont vos horaires ?\nJe voudrais parler à une personne."
        ),
    },
    "es": {
        "greeting": "Hola, soy Mia. Puedo buscarle una cita, responder a sus preguntas o pasar un mensaje al equipo.",
        "starters": "Quiero una cita el martes por la tarde.\n¿Qué horario tienen?\nQuiero hablar con una persona.",
    },
    "ar": {
        "greeting": "مرحبًا، أنا ميا. أستطيع أن أجد لك موعدًا، أو أجيب عن أسئلتك، أو أنقل رسالة إلى الفريق.",
        "starters": "أريد موعدًا يوم الثلاثاء بعد الظهر\nما هي ساعات العمل؟\nأريد التحدث إلى شخص",
    },
}
