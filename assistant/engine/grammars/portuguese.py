"""How Portuguese says that something has been done."""

from .grammar import Grammar, Lexicon, inflected, words

GRAMMAR = Grammar(
    acts={
        "booked": inflected(
            "o a os as",
            "reservad agendad marcad confirmad inscrit registrad registad programad feit efetuad garantid realizad",
        ),
        "cancelled": inflected("o a os as", "cancelad desmarcad anulad"),
        "rescheduled": inflected("o a os as", "remarcad reagendad adiad alterad transferid mudad antecipad"),
        "sent": inflected(
            "o a os as",
            "enviad encaminhad mandad informad avisad notificad transmitid reencaminhad contactad contatad repassad "
            "comunicad passad",
        ),
        "done": inflected(
            "o a os as",
            "atualizad actualizad registrad criad adicionad reembolsad removid realizad processad concluíd feit "
            "abert emitid excluíd ativad aplicad efetuad finalizad",
        ),
    },
    doer=r"\b(?:tenho|temos|já tenho)",
    thing=r"\b(?:(?:a|o|as|os)? ?(?:sua|seu|tua|teu|suas|seus) \S+|(?:a|o|uma?|esta|este)(?: \S+)? (?:consulta"
    r"|marcação|reserva|agendamento|mensagem|e-?mail|confirmação|pedido|equipe|equipa|reembolso|mesa|visita|horário"
    r"|quarto|pagamento|ticket)|(?:a|o|uma?) (?:consulta|marcação|reserva|agendamento|mensagem|e-?mail|confirmação"
    r"|pedido|mesa|visita|pagamento))",
    pronoun=r"\btudo",
    became=r"\b(?:está|estão|foi|foram|ficou|fica)(?: já| agora)?",
    you=r"\b(?:você (?:já )?(?:está|foi|ficou)|ficou|está) (?:já )?(?=inscrit|registrad|agendad|marcad|confirmad)",
    noun=words("consulta marcação reserva agendamento mensagem e-mail confirmação pedido mesa cancelamento pagamento"),
    denied=r"\b(?:não|nunca|nada|nenhum\w*|será|serão|seria|poderia|posso|pode|podem|quer|queres|gostaria|deseja"
    r"|deve|devem|ainda|sempre|normalmente|geralmente|infelizmente|segundo|disse|cada|automaticamente|já recebeu)\b",
    later=r"\b(?:no ano passado|depois do|para (?:pacientes|clientes)|aos pacientes|se (?:você|o|a|já|quiser"
    r"|precisar)|quando|assim que|depois (?:que|de|da)|após|antes (?:de|que)|até "
    r"que|caso|só (?:depois|quando)|tudo reservado|(?:este|esse|esta|essa) \S+ já (?:está|foi)|mud[aá]mo-nos|nos "
    r"mudamos|os nossos|nossos|nossas)\b",
    condition=r"\b(?:se|quando|assim que|depois (?:que|da)|após (?:a|o|você)|antes (?:de|que)|uma vez|confirme"
    r"|(?<!seu )(?<!o )(?<!um )(?<!este )caso"
    r"|clique|(?:ao|depois de) (?:reservar|pagar|agendar|marcar|comprar|(?:se )?inscrever(?:-se)?)"
    r"(?=,? (?:você )?(?:receber|vai receber|irá receber)))\b",
    mine=r"\b\w{3,}ei\b",
    reach=6,
    managed=r"\b(?:acabei de|acabámos de|acabamos de|consegui|conseguimos|pude)(?: \w+)?",
    infinitives={
        "booked": words("reservar agendar marcar confirmar inscrever garantir"),
        "cancelled": words("cancelar desmarcar anular"),
        "rescheduled": words("remarcar reagendar adiar alterar mudar"),
        "sent": words("enviar encaminhar mandar avisar notificar informar"),
        "done": words("atualizar criar adicionar reembolsar remover processar registrar"),
    },
    negations=(
        r"\b(?:não(?! (?:só|somente|apenas))|nunca|jamais|tampouco|nem|nenhuma?)\b"
        r"(?: (?:me|te|lhe|lhes|se|nos|o|a|os|as)\b)?"
    ),
    phrases={
        "booked": (
            r"\b(?:marquei|agendei|reservei|confirmei|inscrevi|registrei|reservámos|agendámos)\b|\b(?:nos vemos"
            "|vemo-nos|até|esperamos você) (?:na |no )?(?:segunda|terça|quarta|quinta|sexta|sábado"
            r"|amanhã)\S*\W*\Z"
        ),
        "cancelled": (r"\b(?:cancelei|desmarquei|anulei)\b"),
        "rescheduled": (r"\b(?:remarquei|reagendei|adiei|alterei|mudei|transferi|antecipei)\b"),
        "sent": (
            r"\b(?:enviei|mandei|encaminhei|avisei|notifiquei|informei|reencaminhei|repassei)\b|\b(?:receberá"
            r"|receberás|vai receber|deve receber|irá receber)(?: \S+){0,4}? (?:e-?mail|confirmação|mensagem)\b"
            r"|\b(?:e-?mail|confirmação|mensagem)(?: de confirmação)? (?:já )?(?:está|vai) a caminho\b"
        ),
        "done": (r"\b(?:atualizei|criei|adicionei|removi|processei|registei|apliquei|alterei|abri)\b"),
    },
    alone=r"(?:tudo )?(?:feito|pronto|certo)|está feito",
    inverted=True,
    hints=words(
        "marquei agendei reservei confirmei inscrevi registrei reservámos agendámos vemos vemo-nos até esperamos "
        "número código cancelei desmarquei anulei remarquei reagendei adiei alterei mudei transferi antecipei enviei "
        "mandei encaminhei avisei notifiquei informei reencaminhei repassei receberá receberás receber caminho "
        "atualizei criei adicionei removi processei registei apliquei abri acabei acabámos acabamos consegui "
        "conseguimos pude feito pronto certo existe"
    ),
    perfect_future=r"\b(?:terá|terão|estará|estarão)(?: \w+)? sido(?: \w+)? {form}",
    weak=(
        r"\b(?:ficou|fica|está) (?:na|no) (?:agenda|calendário|lista)\b|\b(?:consegui|conseguimos"
        r"|tomei a liberdade)\b|\bé (?:seu|sua)\b|\b(?:mensagem|confirmação|pedido|e-?mail)(?: \S+){0,4}? (?:chegou"
        r"|saiu|seguiu)\b|"
        r"\b(?:a|o|sua|seu|tua|teu|uma?)(?: \S+){0,2}? (?:consulta|marcação|reserva|agendamento|vaga|mesa"
        "|mensagem|e-?mail|confirmação|pedido|equip[ea]|reembolso|horário|quarto|lugar|inscrição"
        r"|cancelamento|visita)(?: \S+){0,6}? (?:está|é|foi|já|ficou|fica|passa|passou|tem|seguiu|vai)(?!\w)"
        r"|(?<!\w)(?:já )?(?:\w{3,}(?:ei|ámos)|pus|fiz|coloquei|deixei)(?!\w) (?=(?:a |o |as |os |sua|seu"
        r"|você|te|lhe|para|um|uma|tudo|em)\b)|\b(?:você|o senhor|a senhora)? ?(?:já )?(?:tem|está)(?: já"
        r"| uma?| sua| na| com)* (?:consulta|reserva|horário|mesa|marcação|agenda|lista|inscrit\w)\b"
        r"|\bestá (?:na agenda|tudo certo|feito|garantid\w|confirmad\w|sabendo|ciente|avisad\w|a caminho"
        r"|combinado)\b|\btudo (?:certo|pronto|feito|resolvido|confirmado)\b|\A\W*(?:então )?até (?:segunda"
        r"|terça|quarta|quinta|sexta|sábado|domingo|amanhã|lá)\b|\b(?:nos vemos|esperamos (?:você|por si"
        r"|por você)|é su[ao]|em seu nome|já foi|já seguiu|combinado|não existe mais)\b"
    ),
    gone=r"\b(?:consulta|reserva|marcação)(?: \S+){0,3}? (?:não existe mais|já não (?:existe|está))\b",
    others=r"vaga|agenda|equip[ea]|colegas?|calendário|visita|reembolso|horário|lugar|sessão|cópia",
)

LEXICON = Lexicon(
    days=(
        "segunda(?:-feira)?",
        "terça(?:-feira)?",
        "quarta(?:-feira)?",
        "quinta(?:-feira)?",
        "sexta(?:-feira)?",
        "sábado",
        "domingo",
    ),
    soon="hoje|amanhã|depois de amanhã",
    at="às|ás|para as|pelas",
    free=(
        r"livres?|disponív\w+|abert\w+|abr\w+|fech\w+|ofere\w+|poss[oa]|pode|poderia|quer\w*|gostaria|ou|entre"
        r"|até as|das|de|começa|inicia|dura|custa|aula|curso|oficina|lotad[oa]|cheio|guard\w+|verific\w+|últim[oa]"
        r"|primeir[oa]|cada|se|convém|ainda|resumo|prefer\w+|será|atende"
    ),
    done="(?:reservad|confirmad|agendad|marcad|cancelad|remarcad|registrad|concluíd|feit)[oa]s?|pronto",
    status="estado|status|situação|resultado|consulta|reserva",
    reference=(
        r"(?:(?:o |a )?(?:seu|sua|teu|tua) )?(?:(?:número|código|nº|n\.?|id) (?:de |da |do )?(?:sua "
        "|seu )?(?:reserva|confirmação|pedido|agendamento|referência|marcação)|referência|ref|código|número"
        "|localizador)"
    ),
    details="data|dia|hora|horário|quando|onde|local|serviço|tratamento|com|nome|pessoas|duração|preço|mesa|quarto",
    confirmation=(
        "confirmação(?: (?:de|da|do) (?:sua |seu )?(?:consulta|reserva|marcação|agendamento|pedido))?|(?:consulta"
        "|reserva) confirmada|detalhes da reserva|comprovante"
    ),
    again="também|segund[oa]|outr[oa]|além|ambas|ambos|duas|dois",
    words=words(
        "você vocês lhe te ti meu minha seus suas dele dela deles ele ela eles elas isso isto esse essa aquele num numa"
        " nas aos às até também hoje amanhã ontem agora ainda só sem sobre quem porque então assim muita outro outra mesmo"
        " mesma dia noite tarde manhã euros reais vai vão está estão foram sai fica ficam cerca minutos horas dias trinta"
        " dois três dura custa cada entre antes depois o a os as um uma é são seu sua eu nós para de do da em no na e ou"
        " com este esta não posso pode tem temos há se nosso me por sim que qual como quando onde aqui foi ser obrigado"
        " olá bom ao à mais muito tudo já mas nos dos das pelo pela"
    ),
)
