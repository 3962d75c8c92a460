"""What comes before an act in time, and is no condition of it.

"After your message, I cancelled …": what was done then has been done, although "after your message, you can …" has not.
"After the fire, we opened …" is a piece of history: of the business's own acts, only those after a visitor's are meant.
"""

_SOME = r"(?: [\w'’-]+){1,4}?"
_I_DID = r"(?:['’]ve| have| (?:just |also |then |already |immediately )?(?:(?!need)\w+ed|sent|put|made|let|told|set))"
AFTERWARDS = "|".join(
    rf"{after}{_SOME}(?=,? (?:{told})(?!\w))"
    for after, told in (
        ("after (?:you|your)", rf"(?:i|we){_I_DID}"),
        ("after (?:the|our|this|that)", rf"i{_I_DID}"),
        ("nach (?:ihrer|ihrem|deiner|deinem)", "habe ich|haben wir"),
        ("nach (?:der|dem|eingang|erhalt)", "habe ich"),
        ("après (?:votre|ton|ta)", "j['’]ai|je (?:vous |te |les? |la |t['’]|l['’])ai|nous (?:vous )?avons|on (?:vous )?a"),
        ("après (?:notre|la|le)", "j['’]ai|je (?:vous |te |les? |la |t['’]|l['’])ai"),
        ("(?:(?:después|luego) de|tras) (?:su|tu)", r"(?:(?:ya|le|te|la|lo|se) ){0,2}(?:he|hemos|\w+é)"),
        ("(?:(?:después|luego) de|tras) (?:la|el)", r"(?:(?:ya|le|te|la|lo|se) ){0,2}(?:he|\w+é)"),
        ("dopo (?:il suo|la sua|il tuo|la tua)", "(?:(?:le|ti|la|lo) )?(?:ho|abbiamo)|l['’](?:ho|abbiamo)"),
        ("dopo (?:il|la|lo)", "(?:(?:le|ti|la|lo) )?ho|l['’]ho"),
        ("(?:depois d[ao]|após(?: [ao])?)", r"(?:já )?(?:(?:lhe|te|a|o) )?(?:\w{3,}ei|fiz|pus)"),
        ("na (?:uw|je)", "heb ik|hebben we|hebben wij"),
        ("na (?:de|het)", "heb ik"),
    )
)
