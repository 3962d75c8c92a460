"""How English says that something has been done."""

from .grammar import Grammar, Lexicon, words

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
    pronoun=r"\b(?:it|this|that|everything|all)",
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
    r"|for (?:patients|guests|customers)|founded|since \d|in (?:19|20)\d\d|once|until|unless"
    r"|as soon as|if|when(?:ever)? (?:you|i|we|it|your|the)|after (?:you|your|each"
    r"|every)|(?:after|upon|on) (?:confirmation|payment|receipt)|before (?:you|i|we|it|anything)|only (?:when|after"
    r"|once|if)|fully booked|booked (?:out|up|solid)|(?:that|this|the)(?: \S+){1,3} (?:is|was|has been|got) "
    r"(?:already|just) (?:booked|taken|reserved)|(?:sent|booked|changed|cancelled|canceled|moved|made|added|placed) "
    r"(?:no|nothing|none)|we(?:['’]ve| have)?(?: recently| just)? (?:moved|changed|updated|added|made|extended"
    r"|completed|opened|closed|upgraded|arranged|set up|created|reserved|paid|called|registered|raised) (?:to \d+|to "
    r"a|our|new|a new|in|on|from|over|at|some|more|the (?:office|practice|shop|clinic|business))|(?:order|parcel"
    r"|package|shipment|item)s?(?: \S+){0,3} (?:sent|delivered|shipped|dispatched|paid) (?:on|yesterday|last|at"
    r"|from))\b",
    condition=r"\b(?:once|when(?:ever)?|if|until|unless|as soon as|after (?:you|your|the|each|every)|please "
    r"(?:confirm|click|press|fill|enter|provide|tell|give|choose|pick|select|complete))\b",
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
        "done": (r"\b(?:order|payment) went through\b"),
    },
    alone=r"all set|all done|done|that['’]s (?:it|done|settled|sorted)|all sorted|sorted|taken care of",
    hints=words(
        "good down got put squeezed fit fitted consider complete successful official went number code reference id "
        "yours see seeing welcoming know receive email e-mail confirmation invitation receipt sms way gone headed "
        "inbox able managed ahead liberty done sorted care settled"
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
        "|request) )?(?:reference|ref|confirmation|booking|code|number|no|id|pin)(?: (?:number|code|no|id))?"
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
        "within three two one days day minutes about takes costs its our new each next last first than while"
        " between during their there these those "
        "the a an is are you your i we it to for of on at in and or with this that not can will have has be do if"
        " our my me as by from so no yes please what which how when there here was been would like let us just"
        " thank thanks hello hi sorry sure great welcome ok okay good any more but all see they he she him her"
        " get about out up now also only its than them then very may could should i'm i've you're it's that's"
        " don't isn't"
    ),
)
