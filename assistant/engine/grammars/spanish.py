"""How Spanish says that something has been done."""

from .grammar import Grammar, Lexicon, inflected, words

GRAMMAR = Grammar(
    acts={
        "booked": inflected(
            "o a os as",
            "reservad programad agendad confirmad concertad apuntad fijad inscrit registrad asignad apartad anotad separad",
        ),
        "cancelled": inflected("o a os as", "cancelad anulad"),
        "rescheduled": inflected("o a os as", "reprogramad cambiad movid aplazad pospuest trasladad modificad adelantad"),
        "sent": inflected(
            "o a os as",
            "enviad mandad reenviad transmitid informad avisad notificad contactad remitid comunicad trasladad "
            "derivad pasad",
        ),
        "done": inflected(
            "o a os as",
            "actualizad registrad cread añadid reembolsad pedid eliminad guardad realizad tramitad procesad hech "
            "agregad emitid abiert restablecid activad borrad completad aplicad dad suscrit efectuad",
        ),
    },
    doer=r"\b(?:he|hemos|acabo de haber)(?: \w+)?",
    thing=r"\b(?:(?:ambas|las dos|sus dos|tus dos|sus|las) (?:citas|reservas)|(?:su|tu|sus|tus) \S+|(?:la|el|un|una"
    r"|esta|este)(?: \S+){0,2}? (?:cita|reserva|mensaje|correo"
    r"|e-?mail|confirmación|solicitud|pedido|equipo|reembolso|mesa|cancelación|consulta|visita|invitación|dirección"
    r"|cuenta|pago|turno|habitación|plaza|factura|ticket)|(?:la|el|un|una) (?:cita|reserva|mesa|mensaje|correo"
    r"|pedido|turno|pago|equipo|solicitud))",
    pronoun=r"\b(?:todo|ya)",
    became=r"\b(?:está|están|(?:ha|han) sido|(?:ya )?qued[aó]|ha quedado|se ha|se han|fue|fueron)(?: ya)?",
    you=r"\b(?:estás|usted está|está usted|quedas|has sido|ha sido|ha quedado|has quedado)",
    noun=words("cita reserva mensaje correo confirmación solicitud pedido mesa cancelación consulta turno pago"),
    denied=r"\b(?:no|nunca|nada|ningun\w*|será|serán|sería|podría\w*|puedo|puede|pueden|puedes|quiere\w*|desea\w*"
    r"|debe\w*|haya|hayas|gustaría|aún|todavía|siempre|normalmente|lamento|siento|cómo|según|dijo|dijiste|mencion\w+"
    r"|cada|has (?:recibido|reservado|cancelado|enviado)|ha (?:recibido|reservado usted)|lamentablemente"
    r"|desafortunadamente|automáticamente)\b|¿",
    later=r"\b(?:el año pasado|después del? \w+|después de \w+|para (?:pacientes|clientes)|en (?:19|20)\d\d|si"
    r"|cuando|una vez|después de (?:que|su"
    r"|tu|la|cada)|antes de|hasta que|en cuanto|solo (?:si|cuando)"
    r"|(?:esta|este|esa|ese) \S+ (?:ya )?está|todo reservado|nos (?:hemos )?mud\w+|hemos \w+ nuestr\w+)\b",
    condition=r"\b(?:si|cuando|una vez|después de (?:que|su|tu|la)|en cuanto|tan pronto|antes de|confirm[ea]|haga "
    r"clic|haz clic)\b",
    reach=6,
    managed=r"\b(?:acabo de|acabamos de|he podido|hemos podido|pude|logré|conseguí|he conseguido|he logrado)",
    infinitives={
        "booked": inflected("- le te lo la", "reservar programar agendar confirmar concertar apuntar inscribir"),
        "cancelled": inflected("- le te lo la", "cancelar anular"),
        "rescheduled": inflected("- le te lo la", "reprogramar cambiar mover aplazar trasladar"),
        "sent": inflected("- le te lo la", "enviar mandar reenviar avisar notificar informar transmitir"),
        "done": inflected("- le te lo la", "actualizar crear añadir reembolsar eliminar realizar tramitar procesar"),
    },
    phrases={
        "booked": (
            r"\b(?:reservé|agendé|programé|confirmé|apunté|anoté|inscribí|reservamos|agendamos)\b|\b(?:nos vemos"
            "|te esperamos|le esperamos|lo esperamos|la esperamos|hasta) (?:el )?(?:lunes|martes|miércoles"
            r"|jueves|viernes|sábado|domingo|mañana)\b|\b(?:cita|reserva|hora) (?:ya )?es (?:suya|tuya)\b"
        ),
        "cancelled": (r"\b(?:cancelé|anulé|cancelamos)\b"),
        "rescheduled": (r"\b(?:moví|cambié|reprogramé|pospuse|aplacé)\b"),
        "sent": (
            r"\b(?:envié|mandé|avisé|notifiqué|informé|reenvié)\b|\b(?:recibir(?:á|ás|án|éis)|le llegará"
            r"|te llegará|va a recibir|vas a recibir|deberías? recibir)(?: \S+){0,3}? (?:correo|confirmación"
            r"|mensaje|e-?mail)|\b(?:correo|confirmación|mensaje|e-?mail)(?: de confirmación)? (?:ya )?(?:está"
            r"|va) (?:ya )?en camino\b"
        ),
        "done": (r"\b(?:actualicé|añadí|agregué|creé|registré|eliminé|procesé)\b"),
    },
    alone=r"(?:ya )?(?:está )?(?:hecho|listo)|todo listo|ya está",
    inverted=True,
    hints=words(
        "reservé agendé programé confirmé apunté anoté inscribí reservamos agendamos vemos esperamos hasta suya tuya "
        "número código cancelé anulé cancelamos moví cambié reprogramé pospuse aplacé envié mandé avisé notifiqué "
        "informé reenvié recibirá recibirás recibirán recibiréis llegará recibir camino actualicé añadí agregué creé "
        "registré eliminé procesé acabo acabamos podido pude logré conseguí conseguido logrado hecho listo está"
    ),
    perfect_future=r"\bhabrá[ns]? (?:sido|quedado)(?: \w+)? {form}",
    weak=(
        r"\bes (?:suy|tuy)[oa]s?\b|\b(?:conseguí|logré|pude|he conseguido|he logrado)\b|\b(?:mensaje|confirmación"
        r"|correo|solicitud)(?: \S+){0,4}? (?:llegó|llegado|ha llegado)\b|"
        r"\b(?:su|tu|la|el|un|una)(?: \S+){0,2}? (?:cita|reserva|plaza|mesa|turno|mensaje|correo|confirmación"
        "|equipo|solicitud|pedido|reembolso|cambio|lugar|sitio|habitación|consulta|cancelación"
        r"|inscripción)(?: \S+){0,6}? (?:está|es|ha|pasa|queda|quedó|va|salió|llegó|fue|figura|consta|tiene"
        r"|ya)(?!\w)|\b(?:he|hemos|acabo de|acabamos de)(?: (?:ya|le|te|lo|la|les|usted|podido"
        "|dejado))* (?!(?:encontrado|visto|comprobado|entendido|revisado|leído|recibido|mirado|buscado"
        r"|renovado|ampliado)\b)\w+(?:ado|ido|cho|sto|rto|ito)[as]?\b|\b(?:te|le|lo|la|los|se lo|se la"
        "|ya)? ?(?:puse|dejé|hice|metí|pasé|dejamos|hicimos|pusimos|(?!(?:entend|encontr|mir|comprob|revis"
        r"|recib|qu|caf|porqu|olvid)é)\w+[^aeiour\W]é)(?!\w) |\b(?:ya )?(?:tiene|tienes|tenéis)(?: ya| usted"
        r"| su| tu| una?)* (?:cita|hora|reserva|mesa|turno|plaza)\b|\b(?:está|queda|quedas"
        r"|estás)(?: usted)?(?: ya)? (?:en la agenda|en agenda|inscrit\w|apuntad\w|anotad\w|dentro|en lista"
        r"|anulad\w|reservad\w)\b|\b(?:nos vemos|quedamos|le esperamos|te esperamos|la esperamos|lo esperamos"
        r"|os esperamos)\b|\btodo (?:en orden|listo|hecho|arreglado|confirmado)\b|\bya (?:está|lo sabe|quedó"
        r"|salió|tiene|está avisad\w|es suy\w|va)\b|\b(?:de camino|en camino|en manos de|a su nombre"
        r"|a tu nombre|al tanto)\b|\A\W*(?:(?:pues|entonces) )?hasta (?:el )?(?:lunes|martes|miércoles|jueves"
        r"|viernes|sábado|domingo|mañana)\b"
    ),
    gone=r"\b(?:cita|reserva|turno)(?: \S+){0,4}? ya no (?:existe|está)\b",
    others=r"hueco|plaza|agenda|equipo|compañer\ws|calendario|visita|reembolso|hora|sesión|lugar|bandeja|copia",
)

LEXICON = Lexicon(
    days=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    soon="hoy|mañana|pasado mañana|esta (?:tarde|noche)|la próxima semana",
    at="a las?|sobre las|para las",
    free=(
        r"libres?|disponib\w+|abiert\w+|abr\w+|cerr\w+|cierr\w+|ofrec\w+|horas libres|podría\w*|puedo|puede"
        r"|quer\w+|quier\w+|o|entre|hasta|de|desde|empieza|comienza|dura|cuesta|clase|curso|taller|complet[oa]s?"
        "|llen[oa]|guardo|miro|compruebo|últim[oa]|primer[oa]?|cada|si|conviene|viene bien|todavía|resumen"
        r"|prefier\w+|será|atiende"
    ),
    done=(
        "(?:reservad|confirmad|agendad|cancelad|anulad|programad|cambiad|hech|inscrit|registrad|completad)[oa]s?|listo|lista"
    ),
    status="estado|estatus|situación|resultado|cita|reserva",
    reference=(
        "(?:su |tu |el )?(?:(?:número|código|n[úu]m|nº|no|id) de (?:la |su |tu )?(?:reserva|confirmación|cita"
        "|pedido|referencia|reservación|seguimiento)|referencia|ref|código|número"
        "|localizador)(?: de (?:la )?(?:reserva|confirmación|cita))?"
    ),
    details=(
        "fecha|día|hora|cuándo|dónde|lugar|servicio|tratamiento|con|nombre|personas|duración|asunto|precio|mesa|habitación"
    ),
    confirmation=(
        "confirmación(?: de (?:la |su |tu )?(?:cita|reserva|reservación|pedido))?|(?:cita|reserva) confirmada"
        "|detalles de (?:la |su |tu )?(?:reserva|cita)|comprobante"
    ),
    again="también|segund[oa]|otr[oa]|además|ambas|ambos|las dos|los dos|dos",
    words=words(
        "unos unas minutos horas días treinta dos tres dura cuesta cada entre desde sobre hasta antes después "
        "el la los las un una es son está están usted su sus tu yo nosotros a para de del en y o con este esta no"
        " puedo puede tiene tenemos he ha hay si nuestro mi me por sí qué cuál cómo cuándo dónde aquí fue ser"
        " gracias hola buenos buenas lo le se que al más muy todo ya pero como nos te les"
    ),
)
