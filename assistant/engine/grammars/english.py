"""How English says that something has been done."""

from .grammar import Grammar, Lexicon, Statements, words

GRAMMAR = Grammar(
    acts={
        "booked": words(
            "booked scheduled reserved arranged confirmed set_up set_aside penciled_in pencilled_in slotted secured "
            "registered enrolled enroled signed_you_up signed_up locked_in blocked_off blocked_out set"
        ),
        "cancelled": words("cancelled canceled called_off"),
        "rescheduled": words(
            "rescheduled moved rebooked re-booked postponed shifted pushed_back brought_forward switched changed swapped"
        ),
        "sent": words(
            "sent emailed e-mailed mailed forwarded notified informed alerted submitted messaged delivered relayed "
            "passed told texted contacted filed dispatched escalated handed transferred dropped shared reported "
            "raised flagged resent pinged called"
        ),
        "done": words(
            "updated placed processed refunded recorded created added saved ordered removed deleted applied "
            "completed issued subscribed unsubscribed logged noted_down activated deactivated credited paid "
            "purchased upgraded downgraded made entered reset opened closed registered generated extended renewed "
            "corrected adjusted finalized finalised fixed linked unlocked verified approved paused uploaded charged "
            "redeemed transferred reactivated resolved"
        ),
    },
    doer=r"\b(?:i|we)(?:['’]ve| have| had)?(?: (?:just|now|also|already|successfully|gone ahead and|went ahead and"
    r"|been able to get|then|quickly))*",
    thing=r"\b(?:(?:both|all|the two|your two|all three|both of your|both your)(?: of your)? (?:appointments"
    r"|bookings|reservations|slots"
    r"|sessions|visits|tables)|(?:your|his|her|their) [\w'’-]+|(?:the|an?|my|this"
    r"|that)(?: [\w:'’.-]+){0,3}? (?:appointments?"
    r"|bookings?|reservations?|slot|time|table|room|visit|meeting|call|consultation|session|check-?up|cleaning"
    r"|message|e-?mail|mail|confirmation|invitation|invite|request|order|refund|ticket|case|cancellation|note"
    r"|reminder|form|payment|return|enquiry|inquiry|change|team|details?|account|subscription|delivery|quote|offer"
    r"|invoice|seat|spot|link|copy|discount|code|address|complaint|report))",
    pronoun=r"\b(?:it|this|that(?! (?:are|were|have)\b)|everything|all)",
    became=r"\b(?:is|are|was|were|(?:has|have)(?: \w+)? been|got|gets)|['’]s(?: been)?",
    you=r"\byou(?: are|['’]re| were| have been|['’]ve been| got)",
    noun=words(
        "appointment booking reservation e-mail email message confirmation order refund request cancellation payment "
        "ticket meeting consultation session table invitation registration call slot visit"
    ),
    denied=r"\b(?:not|no|cannot|unable|never|nothing|none|nobody|would|could|should|shall|may|might|can|will|to "
    r"(?:be|get|have)|yet to|please|wants?|wanted|like|needs?|let me|let['’]s|going to|about to|ready to|try|trying"
    r"|tried|failed|sorry (?:that )?(?:your|the|it)|how|why|which|what|(?:have|did|do|were|are|had|has) (?:you"
    r"|anyone|the|your)|told me|been told|usually|normally|always|typically|often|every|each|must|required?|requires"
    r"|pending|awaiting|said|says|saying|claim\w*|mentioned|according to|system (?:says|shows)|shows? that|see that"
    r"|seems?|status|unfortunately|sure|ensure|checking|whether|get|helped?|(?:an?|each|the|every) [\w-]+(?: "
    r"[\w-]+)? (?:is|are) (?:automatically |then )?(?=sent|e-?mailed|mailed|processed|issued|refunded|charged|paid"
    r"|made|delivered|shipped))\b|n['’]t\b|['’]ll (?:be|get|have)\b|\b(?:customers?|patients|guests|people"
    r"|visitors)\b",
    later=r"\b(?:last (?:year|month|summer|spring|autumn|winter)|after (?:the|an?|each) \w+|after \w+ing"
    r"|for (?:patients|guests|customers)|founded|since \d|in (?:19|20)\d\d|once(?! (?:more|again))|until|unless"
    r"|as soon as|if|when(?:ever)? (?:you|i|we|it|your|the)|after (?:you|your|each"
    r"|every)|(?:after|upon|on) (?:confirmation|payment|receipt)|before (?:you|i|we|it|anything)|only (?:when|after"
    r"|once|if)|fully booked|booked (?:out|up|solid)|(?:that|this|the)(?: \S+){1,3} (?:is|was|has been|got) "
    r"(?:already|just) (?:booked|taken|reserved)|(?:sent|booked|changed|cancelled|canceled|moved|made|added|placed) "
    r"(?:no|nothing|none)|we(?:['’]ve| have)?(?: recently| just)? (?:moved|changed|updated|added|made|extended"
    r"|completed|opened|closed|upgraded|arranged|set up|created|reserved|paid|called|registered|raised) (?:to \d+|to "
    r"a|(?:two|three|four|five|six|\d+) new|our|new|a new|in|on|from|over|at|some|more|the (?:office|practice|shop"
    r"|clinic|business))|(?:order|parcel"
    r"|package|shipment|item)s?(?: \S+){0,3} (?:sent|delivered|shipped|dispatched|paid) (?:on|yesterday|last|at"
    r"|from))\b",
    condition=(
        r"\b(?:once(?! (?:more|again))|when(?:ever)?|if"
        r"|until(?! (?:further|next|the \d|\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov"
        r"|dec|mon|tue|wed|thu|fri|sat|sun|noon|then))"
        r"|unless|as soon as|after (?:you|your|the|each|every)"
        r"|(?:after|upon|on|with (?:each|every|any)) (?:booking|payment|paying|registration|registering|ordering|purchase)"
        r"(?=,? you(?:['’]ll| will) (?:receive|get))|please "
        r"(?:confirm|click|press|fill|enter|provide|tell|give|choose|pick|select|complete))\b"
    ),
    mine=r"\bi(?:['’]ve| have)?\b|\b(?:has|have) been\b|['’]s been\b",
    reach=5,
    managed=r"\b(?:i|we) (?:was|were|am|are|managed|have been|['’]ve been)(?: now| also| just)?(?: able)? to(?: go "
    r"ahead and)?|\b(?:i|we)(?:['’]ve| have)? (?:went|gone|go) ahead (?:and|to)|\b(?:i|we) took the liberty of",
    infinitives={
        "booked": words("book booking schedule scheduling reserve reserving confirm arrange secure"),
        "cancelled": words("cancel cancelling canceling"),
        "rescheduled": words("reschedule move change rescheduling moving"),
        "sent": words("send sending e-mail email forward notify submit pass inform"),
        "done": words("update place process refund create add apply delete order register remove issue reset"),
    },
    negations=r"\b(?:not(?! only)|never)\b|n['’]t\b",
    phrases={
        "booked": (
            r"\b(?:i|we)(?:'ve| have)?(?: now)? (?:have|got) you (?:down|on|in|booked|at|for)\b|"
            r"\byou(?:['’]re| are) (?:now )?(?:all set|good to go|(?:confirmed )?(?:down|in|on the (?:schedule"
            r"|list|books)) for)\b|\b(?:got|put|have|added|entered|squeezed|fit|fitted|penciled"
            r"|signed) you (?:down|in|up|to the|on the)\b|\bconsider it (?:booked|done)\b|\b(?:booking"
            "|appointment|reservation) (?:is )?(?:now )?(?:all )?(?:complete|successful|set|official"
            r"|good to go)\b|\b(?:booking|appointment|reservation|it) (?:just )?went through\b|\b(?:slot|spot"
            r"|seat|table|time|room|appointment|place)(?: \S+){0,3} (?:is|are) (?:now |all )?yours\b"
            r"|\A\W*(?:(?:great|perfect|excellent|wonderful|ok|okay|alright|thanks|thank you)\W+)?(?:see you"
            "|we(?:['’]ll| will) see you|we look forward to (?:seeing|welcoming) you) (?:on|at|tomorrow|next"
            r"|then|in|this|there|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
            r"|\blooks? forward to (?:seeing|welcoming) you (?:on|at|tomorrow)\b"
        ),
        "sent": (
            r"\b(?:i|we)(?:['’]ve| have)?(?: just| also)? let (?:[\w.]+ ){1,4}know\b|\byou(?:['’]ll| will"
            r"| should)(?: \w+)? (?:receive|get|find|see|have) (?:a|an|the|your"
            r"|our)(?: [\w-]+){0,2}? (?:confirmation|e-?mail|invitation|receipt|text message|sms)\b|\b(?:e-?mail"
            "|message|confirmation|invitation|request|note|receipt|invoice)(?: is| has|['’]s| are)?(?: now"
            r"| already)? (?:on (?:its|the) way|gone (?:out|through|off)|headed)\b"
            r"|\bkeep an eye on your inbox for\b|\b(?:check|look in) your inbox for the\b"
        ),
        "done": (
            r"\b(?:order|payment) went through\b"
            r"|\A\W*(?:(?:so|and|then) )?(?:i|we) (?:just |already |also )?did(?: it| so| that)?\W*\Z"
            r"|\bi(?:['’]ve| have) (?:just |already |now )?done (?:so|it|that|this)\b|\b(?:it|that|this)(?:['’]s| is| has)"
            r"(?: \w+)? (?:been )?(?:taken care of|dealt with)\W*(?:\Z|for you\b)"
        ),
    },
    alone=r"all set|all done|done|that['’]s (?:it|done|settled|sorted)|all sorted|sorted|taken care of",
    hints=words(
        "good down got put squeezed fit fitted consider complete successful official went number code reference id "
        "yours see seeing welcoming know receive email e-mail confirmation invitation receipt sms way gone headed "
        "inbox able managed ahead liberty done sorted care settled longer dealt did"
    ),
    perfect_future=r"\b(?:will|shall|should|ought to)(?: \w+)? have(?: \w+)? been(?: \w+)? {form}",
    weak=(
        r"\b(?:is|are) (?:now |all )?yours\b|\b(?:was|were|am|are|been) able to \w+|\bmanaged to \w+|\A\W*(?:just"
        r"|already|now|successfully|officially) (?!to\b|as\b|so\b)\w{2,}(?:ed|nt|pt|de|ut|ot)\b|\b(?:confirmation"
        r"|message|e-?mail|text|request|reminder|invitation|note)(?: \S+){0,4}? (?:landed|arrived|reached|hit"
        r"|came through|went)\b|"
        r"\b(?:your|the|this|that)(?: [\w'’-]+){0,3}? (?:appointments?|bookings?|reservations?|slot|spot|seat"
        "|place|table|room|visit|session|consultation|check-?up|request|message|refund|confirmation|change"
        r"|cancellation|order|ticket|e-?mail|invitation|registration|one)(?: [\w'’:.-]+){0,5}? (?:is|are|has"
        r"|have|stands|went|was|got|made)(?![\w'])|\b(?:an?|the) (?:text|sms|link|e-?mail|mail|confirmation"
        r"|invitation|message|reminder)(?: \S+){0,4}? (?:is|has|should|will)(?![\w'])|\b(?:i|we)(?:'ve"
        "| have)(?: just| already| also| now| gone ahead and)* (?!(?:found|checked|looked|read|noted"
        "|understood|seen|received|heard|tried|got|had|been|thought|listed|included|reviewed|searched"
        "|misunderstood|made a mistake|three|two|some|no|a|an|the|several|free|not|to|never|yet|different"
        "|many|parking|lots|plenty|only|both|all|moved|always|opened|in|on|at|already|and|our|one|four|five"
        r"|six)\b)\w+|\b(?:i|we)(?: just| already| also)? (?!(?:need|want|like|look|check|not|found|ask|tri"
        "|understand|close|start|open|offer|accept|specializ|serv|mov|renovat|train"
        r"|welcom)\w*ed\b)(?:\w{2,}ed|made|put|shot|sent|took|gave|told|let|wrote|set|got you|had"
        "|dropped) (?:you|your|it|that|the (?:team|manager|doctor|practice|request|booking|appointment)|them"
        r"|him|her|dr|a (?:booking|reservation|note|request))\b|\b(?:i|we)(?: now)? (?:have|got"
        r"|see) you (?:on|in|at|for|down)\b|\b(?:i|we) took the liberty|\btaken the liberty|\byou(?:'re"
        r"| are)(?: all| now| officially| both)? (?:(?:in|on|down)(?= (?:for|at|on|with|the|our|this|next)\b"
        r"|\W*\Z)|set|sorted|expected|covered|good to go|confirmed|registered|enrolled|ready)\b|\byou(?:'ve"
        r"| have| now have|'ve got)(?: got| now)?(?: an?| your| the)?(?: \w+)? (?:appointment|booking"
        r"|reservation|table|slot|spot|session|seat|place)\b|\b(?:that's|that is|it's|all|everything(?:'s"
        "| is)?|there)(?: you| all| been| now| is)* (?:sorted|settled|arranged|gone through|through|done|set"
        "|in place|taken care|fixed|organi[sz]ed|yours|official|ready|squared away|in the (?:book|diary"
        r"|calendar|system))|\b(?:know|knows|is|are|been) (?:that )?(?:you(?:'re| are) coming|expecting you"
        r"|aware|in the loop|on it|informed|notified)|\bwill (?:see|meet|be expecting|be waiting for"
        r"|be with) you\b|\b(?:see|meet) you (?:then|there|soon|on|at|tomorrow|next|monday|tuesday|wednesday"
        r"|thursday|friday|saturday|sunday)\b|\b(?:it|that) (?:is|was|'s) (?:done|a date|a deal|booked|yours)"
        r"|\bno longer (?:on|in|booked|have)\b|\bconsider it\b|\bdone and dusted\b|\bin the (?:bag|diary|book"
        r"|books|calendar)\b|\bon (?:its|the) way\b|\bgone through\b"
    ),
    gone=r"\b(?:appointments?|bookings?|reservations?)(?: \S+){0,3}? (?:is|are) no longer (?:on|in|booked"
    r"|scheduled)\b",
    others=r"slot|spot|seat|opening|inbox|calendar|diary|schedule|team|colleagues?|manager|reminder|change|note"
    r"|place|visit|refund|copy",
)

LEXICON = Lexicon(
    days=(
        "monday|mon[.,]",
        r"tuesday|tues?\b",
        r"wednesday|wed\b",
        r"thursday|thu(?:rs?)?\b",
        r"friday|fri\b",
        "saturday|sat[.,]",
        "sunday|sun[.,]",
    ),
    soon="today|tonight|tomorrow|next week|this (?:morning|afternoon|evening)",
    at="at|for|by",
    free=(
        r"free|available|availabilit\w+|open(?:s|ed|ing)?|clos(?:e|es|ed|ing)|offer\w*|slots?|could|would|shall"
        r"|should|can|may|might|want(?:ed)?|asked|prefer\w*|choose|pick|option\w*|either|or|between|until|from"
        "|hours|start(?:s|ed|ing)?|begins?|takes place|takes?|class|course|workshop|costs?|last|first|earliest"
        "|latest|hold(?:ing)?|held|please|check|looking|look up|just taken|taken|full|deadline|every|each|usually"
        "|how about|what about|if|works?|suits?|summary|confirm|still|to book|will be|going to|let me|let's"
    ),
    done=(
        "booked|confirmed|reserved|scheduled|cancelled|canceled|rescheduled|moved|secured|all set|complete"
        "|completed|approved|registered|done|success(?:ful)?|active"
    ),
    status=(
        "(?:(?:booking|appointment|reservation|current) )?(?:status|state|result|outcome)|booking|appointment"
        "|reservation|confirmed|booked"
    ),
    reference=(
        "(?:your |my )?(?:(?:booking|confirmation|reservation|appointment|order|ticket|case"
        r"|request) )?(?:reference|ref\.?|confirmation|booking|code|number|no|id|pin)(?: (?:number|code|no\.?|nr\.?|id))?"
        "|pnr|(?:record )?locator"
    ),
    details=(
        "date|day|time|when|where|service|treatment|with|name|guests?|party|duration|location|what|price"
        "|date and time|table|room"
    ),
    confirmation=(
        "(?:booking|appointment|reservation|order|cancellation|your)? ?(?:confirmation|confirmed|receipt|booked"
        "|appointment details|booking details|booking summary)"
    ),
    again="also|another|second|too|as well|both|two|additional(?:ly)?|extra|again|each|all three|three",
    words=words(
        "has had were did does one some my who into over because being "
        "within three two one days day minutes about takes costs its our new each next last first than while"
        " between during their there these those "
        "the a an is are you your i we it to for of on at in and or with this that not can will have has be do if"
        " our my me as by from so no yes please what which how when there here was been would like let us just"
        " thank thanks hello hi sorry sure great welcome ok okay good any more but all see they he she him her"
        " get about out up now also only its than them then very may could should i'm i've you're it's that's"
        " don't isn't"
    ),
)

# Verbs whose past differs from "-ed", and words in "-ed" that tell nothing of what was done.
_STRONG = (
    "sent|put|set|made|done|told|taken|took|given|gave|paid|held|kept|left|let|cut|gone|went|spoken|spoke|written|wrote"
    "|drawn|brought|bought|sold|met|built|begun|withdrawn|run|rang|rung|dealt|thrown|threw|chosen|hidden|laid|shut"
    "|undone|rewritten|split|struck|reset|got you|had (?:a word|it|that|them|him|her|your)|squared|fit|found you|thrown"
)
_PAST = (
    r"(?!(?:includ|requir|need|allow|permitt|accept|recommend|advis|locat|bas|clos|interest|suppos|worri|pleas|delight"
    r"|concern|limit|subject|entitl|tir|detail|advanc|experienc|qualifi|licens|certifi|renovat|found|establish|design"
    r"|us|call|nam|list|describ|mention|display|print|calculat|check|look|want|tri|hop|notic|search|ask if|wish|thank"
    r"|understand|lik|lov|enjoy|review|assum|wonder|expect to|apologi[sz]|confus|miss|mix|misunderstand|help|answer|learn"
    r"|train|vot|open|start|work|join|treat|serv|receiv)ed\b)"
    rf"(?:\w{{2,}}ed|{_STRONG})\b"
)
_HERE = r"\A\W*(?:(?:ok|okay|alright|all right|and|so|great|perfect|good news|right|then|also|as of \w+) )?"
STATEMENTS = Statements(
    own=r"\b(?:you|your|yours|u|ur|yourself)\b",
    bids=(
        r"\A\W*(?:(?:and|or|then|just|simply|also|so|otherwise|instead|next|to \w+|for \w+) )*(?:click|bring|send"
        r"|choose|call|visit|check|enter|use|go|keep|feel|give"
        r"|tell|let|write|fill|open|log|follow|make|take|press|ask|note|contact|reply|try|see|have|look|pick|select"
        r"|provide|share|show|come"
        r"|arrive|wear|say|drop|get|hold|remember|be|do|avoid|stay|text|e-?mail|ring|type|scan|sign|register|book"
        r"|cancel|change|confirm|join|speak"
        r"|talk|wait|enjoy|consider|leave|upload|download|print|attach|describe|add|put|turn|switch|shut|wash|rinse"
        r"|apply|read|return|pay|thanks?|thank you)\b"
        r"(?! (?:it done|you\b|that you))"
        r"|\byou(?:['’]re| are) (?:very |most |always |more than )?welcome\b|\bthank|\b(?:glad|happy|pleased|hope"
        r"|here) (?:to|for|that) (?:help|hear|you)"
        r"|\byou(?:['’]ll| will) (?:find|need|have to|also need|then|be able)\b|\b(?:find|reach|contact|call|visit"
        r"|follow) us\b|\bi(?:['’]m| am) (?:your|the|here)"
        r"|\bi(?:['’]ll| will| do|['’]d)? (?:also |just |still |would |then |first )*(?:need|require|check|look)\b"
        r"|\bwe (?:need|ask|recommend|offer|suggest|advise|accept)\b"
        r"|\bgood (?:question|choice)\b|\b(?:for|in|with) (?:you|your) (?:convenience|area|interest|patience"
        r"|understanding|security|safety|own safety)\b"
        r"|\bof your choice\b|\b(?:depends|based) on\b|\bhold(?:ing)?\b(?: \S+){0,6} for (?:ten|five|fifteen|\d+) minutes"
        r"|\A\W*your (?:e-?mail|name|phone|number|address|date|preferred)[\w -]*\W*\Z|\byour \w+ should (?!arrive"
        r"|show|reach|be (?:there|in|with|ready|on))|\b(?:includes?|contains?|covers?|costs?|works? (?:at|in|with"
        r"|on)|comes with|means|gives (?:you )?access|is about|(?<!is )online|belongs|concerns|would love|stored"
        r"|never|places? left|left in|spots? left|free|available|open|closed|opens|closes"
        r"|(?:class|course|workshop|session|season|lesson|tour|event|show)\w*(?: \S+){0,4} (?:starts?|begins?)"
        r"|slots?|openings?|enough|hours|weekdays|between \d+ and \d+ (?:weeks|days)|secures)\b"
    ),
    episode=(
        r"\b(?:now|right away|straight away|today|tonight|tomorrow|this (?:morning|afternoon|evening|week)|(?:in"
        r"|another) (?:about )?\d+ minutes|ago|immediately"
        r"|first thing|shortly|already|currently|in progress|under ?way|from (?:now|today)|as (?:requested|agreed"
        r"|discussed|promised)|(?:up|over|out|through) (?:to|for) \d+"
        r"|(?:is|are|['’]s|['’]re) (?:\w+ )?(?!(?:looking|going|opening|closing|starting|missing|having|being"
        r"|parking|asking|wondering|running|following|morning|evening"
        r"|during|including|depending|interesting|amazing|boring|pricing|cleaning|charging|something|anything"
        r"|nothing|everything)\b)\w{2,}ing"
        r"|(?:on|in|at|off) (?:the|our|his|her|their|its) (?:roster|list|file|system|schedule|calendar|diary|books"
        r"|queue|record|sheet|profile|chart|plan|loop|account|way)"
        r"|(?:is|are|['’]s) with (?:dr|ms|mr|mrs|the|our)|(?:knows?|(?:is|are) aware|ha(?:s|ve) (?:it|them"
        r"|everything|all)|ready for|after all|works for)|as a courtesy|free of charge for"
        r"|looking forward|is being|are being|will be (?:ready|done|there|waiting|finished|back)|(?:i|we)(?:['’]ll"
        r"| will) (?:have|keep|send|let|put|hold|bring|get)|(?:he|she|they|it)(?:['’]ll| will)|[\w.]+ (?:will"
        r"|['’]ll) (?:be|start|take|do|handle|sort|look|come|go|bring|have|get|let|make|finish|begin))\b"
    ),
    always=(
        rf"\b(?:has|have|['’]ve|['’]s)(?: \w+)? been {_PAST}|\b(?:was|were) (?:\w+ly )?{_PAST}|\b(?:is|are"
        rf"|['’]s) (?:now |already |being |\w+ly )?{_PAST}(?= (?:for|to|under|on|as|at)\b)"
        rf"|\b(?:the|our|my|your|they|she|he|it|[\w.]+)(?:['’]ve|['’]s| has| have) {_PAST}|\b(?:he|she|they) {_PAST}"
        rf"|\b(?:the|our|my) [\w-]+ (?:got|picked up|accepted|approved|confirmed|agreed|took over|signed off|left"
        rf"|received|knows)\b"
        rf"|\b(?:i|we)(?:['’]ve| have|['’]d)(?: [\w]+ly| just| already| also| now| gone ahead and| then)* {_PAST}"
        rf"|\bi(?: [\w]+ly| just| already| also| then| went ahead and)* {_PAST}"
        rf"|\bwe(?: [\w]+ly| just| already| also| then)* {_PAST}(?= (?:you|your|ur|it|that|this|them|him|her|the)\b)"
        rf"|{_HERE}(?:\w+ly |now |all |just |duly )?(?!need)\b{_PAST}(?: (?:in|to|for|on|with|under|from|off|as|at|by"
        rf"|and|your|you)\b"
        r"|\W*\Z)"
        rf"|{_HERE}(?!(?:i|we|you|he|she|they|it|there|who|that"
        rf"|which)\b)(?:[\w'’-]+ ){{0,2}}[\w'’-]+(?<!s) (?<!is )(?<!be )(?<!been )(?<!not )(?<!are )(?<!only )"
        rf"(?<!no )(?<!when )(?<!if ){_PAST}"
        r" (?:to|for|until|at|on|with|in|as|from|by|under|through)\b"
        rf"|{_HERE}(?:[\w'’-]+ ){{1,3}}(?<!are )(?<!is )(?<!was )(?<!were )(?<!be )(?<!been )(?<!not )(?<!you )(?<!if )"
        rf"(?<!only )(?<!no )(?<!when ){_PAST}\W*\Z"
        r"|\b(?:has|have)(?: \w+)? been (?:asked|told|instructed|informed|notified|briefed|alerted)\b"
        r"|\b(?:the|your) (?:reservation|booking|appointment|table|order|slot|request|visit)(?: \S+){0,6} (?:stands"
        r"|holds|exists|counts|remains)\b|\b(?:under|with|has|is|as) (?:the )?(?:number|case|ticket"
        r"|file) [1-9]\d{2,6}(?![\d ]*\d)|\bset(?:s|ting)? off\b|\bthat['’]s you\b|\btaken care of\b|\b(?:is|are"
        r"|['’]s|['’]re) (?:now |already )?on (?:his|her|their|it) way\b"
    ),
    theirs=(
        rf"\b(?:has|have|had|['’]s|['’]ve)(?: \w+)? been\b|\b(?:is|are|was|were|['’]s|['’]re|got"
        rf"|gets)(?: \w+){{0,2}} {_PAST}"
        r"|\b(?:knows?|agreed|(?:is|are) (?:aware|expecting|waiting|looking forward|coming|ready|expected|yours"
        r"|all yours)"
        r"|awaits?|expects?)\b"
        r"|\b(?:will|['’]ll|is going to|should|are going to)(?: (?:be|then|also|now|personally|just))*"
        r" (?:call|phone|ring|contact|reach|get back|get in touch|in touch|write|reply|answer|e-?mail|text|meet|see"
        r"|collect"
        r"|pick|visit|expect|wait|await|stop by|there|with you|come|arrive|let (?:him|her|them)|look|calling|ringing"
        r"|contacting|emailing|handle|follow|bring|deliver|hear|show up|appear|stop|start|end)"
        r"|\byou(?:['’]re| are)(?: \w+ly)?(?! (?:welcome|right|interested|looking|asking|free|very|so|sure|able|allowed"
        r"|entitled|responsible|planning|having|in pain|correct|not|a|an|the|always|absolutely|still|unsure|feeling"
        r"|experiencing|unable|required|most|eligible|in good|happy|bringing|coming|staying|late|running|over|under"
        r"|pregnant|travell?ing|referring|talking|using|thinking)\b)(?= \w)"
        rf"|\byou(?:['’]ve| have)(?: \w+)? {_PAST}"
        r"|" + _HERE + r"(?:your|ur)(?: [\w'’#-]+){1,6}?(?: (?:is|are|was|were|has|have|had|went|got|came|starts?"
        r"|ends|runs"
        r"|stands|sits|counts|begins|stays|remains|made|stops?|takes effect|reached|now)|['’]s)\b(?! (?:free|welcome"
        r"|right"
        r"|important|due|optional|required|possible|our|an?|\d|always|fully|refundable|valid|usually|correct|very"
        r"|not|worth"
        r"|calculated|included|good|limited|based)\b)"
    ),
    now=(
        r"\b(?:now|already|effective|as of|from (?:now|today|next|this)|as (?:you )?(?:requested|asked|wished|agreed"
        r"|discussed"
        r"|promised)|(?:per|at|on) your request|moments? ago|minutes? ago|seconds? ago|currently|immediate effect"
        r"|no longer|on (?:its|their|his|her) way|all (?:set|yours|sorted)|in (?:our|the) (?:system|books|calendar|diary)"
        r"|on (?:file|record|the list|the books)|yours)\b"
    ),
    excused=(
        r"\b(?:not|no(?! (?:longer|worries|problem))|cannot|never|nothing|none|nobody|neither|nor|without|unable|can"
        r"|could|would|may|might|must|let me"
        r"|let['’]s|please|needs?|want|like|love|wish|happy|sorry|hope|to be|unfortunately|how|why|which|what|where"
        r"|whether"
        r"|if|when|unless|until(?! (?:further|next|the \d|\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue"
        r"|wed|thu|fri|sat|sun|noon|then))"
        r"|once|in case|said|told me|you (?:mentioned|asked|wrote|said|wanted|told|mention|say)|only"
        r"|shall|feel free|make sure|ensure|i (?:see|understand|hear|gather)|(?:who|whom|that|which|lawyer|person"
        r"|one) you|you spoke|sounds? like|looks? like|whichever|whatever|after(?! all)|before"
        r"|while|depending|suppose|seems?"
        r"|(?<=\A)(?:did|do|does|has|have|are|were|was|is) (?:you|the|your|that|it|there|anyone))\b"
        r"|n['’]t\b|['’]d (?:like|love|be|need)\b"
    ),
    house=(
        r"\b(?:in|since|from|of) (?:19|20)\d\d\b|\b(?:last (?:year|month|summer|spring|autumn|fall|winter)|years ago"
        r"|usually|always|normally|typically|generally|often|sometimes|automatically|by default|most|any|whenever|founded"
        r"|renovated|each|every|on the menu|yearly|annually|at your disposal|(?<!from )monday (?:to|through) \w+"
        r"|per (?:night"
        r"|person|day|month|hour)|(?:our|many|new|most) (?:customers|guests|patients|visitors|members|people)"
        r"|for over|fully booked|booked (?:out|up|solid)|(?:the|our) (?:last|first|next|earliest"
        r"|latest) (?:appointment|slot|class|session|entry|tour|treatment|time)(?: of the day)?"
        r" (?:is|starts|begins|would)|(?:is|are) closed)\b"
        r"|\A\W*so,? you (?:have|want|would|['’]d)[^?]*\?|\A\W*(?!(?:all|both|your|the|these|those|this|two"
        r"|three)\b)(?:[\w-]+ ){0,3}[\w-]+(?<!s)s(?: \w+)? (?:are|get|have|can)\b(?! (?:your|on|now|with|under|set"
        r"|ready|already|being|for you|\w+ing))"
        r"|\byour (?:data|question|privacy|personal|feedback)\b|\A\W*you (?:chose|picked|mentioned|said|asked|wanted"
        r"|wrote|told|were)\b|\bbeen taken\b|\bjust taken\b"
        r"|\A\W*(?:an?|each|every) (?:[\w-]+ ){1,3}is (?:then |always )?\w+ed\b(?! (?:for you|under))"
    ),
)
