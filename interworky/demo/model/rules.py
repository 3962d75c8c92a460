"""The rules of the demonstration model: the first rule that returns a reply wins.

It is a script that behaves like a good model: it never says that something was done unless a tool's result says so, it
takes days from the calendar in its instructions and slot ids from tool results, and it answers a tool's result with
text, so that it cannot loop.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from assistant.llm import NOTE, ChatMessage, ToolSpec
from interworky.demo.model import words
from interworky.demo.model.appointments import cancel, find_times, pick, search_again
from interworky.demo.model.arguments import PASS_ON, fill, in_words, is_text, plainest, properties, required
from interworky.demo.model.dialogue import NO, YES, Dialogue
from interworky.demo.model.languages import in_english, spoken, wants
from interworky.demo.model.purposes import HANDOFF, is_email, is_for_visitor, is_search
from interworky.demo.model.reply import Reply, call, calls
from interworky.demo.model.results import no_answer, report, suggestion, translated

MAX_HEARD_CHARS = 4000  # of one message: more than visitors write, and as much as any rule reads at once


def reply(messages: list[ChatMessage], tools: list[ToolSpec], forced: str | None = None) -> Reply:
    """The next words or calls. `forced` names a tool that must be called, or is "required" for any."""
    dialogue = Dialogue([replace(m, text=m.text[:MAX_HEARD_CHARS]) if m.role == "user" else m for m in messages], tools)
    if dialogue.results:
        if again := search_again(dialogue):
            return again
        if (language := spoken(dialogue)) and (said := translated(language, dialogue)):
            return Reply(said)
        return Reply(" ".join(dict.fromkeys(report(dialogue, name, text) for name, text in dialogue.results)))
    if forced and tools:
        tool = next((tool for tool in tools if tool.name == forced), tools[0])
        return named(dialogue) or call(tool, fill(tool, dialogue, dialogue.said, {})[0])
    return next(answer for rule in RULES if (answer := rule(dialogue)) is not None)


# --- Tools -----------------------------------------------------------------------------------------------------------


def named(dialogue: Dialogue) -> Reply | None:
    """Tools requested by their exact names: called once, or once for each value given."""
    wanted = [tool for tool in dialogue.tools if re.search(rf"(?<![\w-]){re.escape(tool.name)}(?![\w-])", dialogue.said)]
    wishes: list[tuple[ToolSpec, dict[str, Any]]] = []
    for tool in wanted:
        name = next((n for n in required(tool) if properties(tool)[n].get("type") == "string"), "")
        values = re.findall(rf"\bwith (?:the {in_words(name)} )?(\w+)", dialogue.said) if name else []
        filled = fill(tool, dialogue, dialogue.said, {})[0]
        wishes += [(tool, {**filled, name: value}) for value in values] or [(tool, filled)]
    return calls(*wishes) if wishes else None


def repeated(dialogue: Dialogue) -> Reply | None:
    """The answer to "Answer with the single word: ok", which checks whether the model responds at all."""
    word = re.match(
        r"(?:answer|reply|respond) with (?:only |just )?the (?:single )?word:? \W*(\w+)\W*$", dialogue.said, re.I
    )
    return Reply(word[1]) if word else None


def message(dialogue: Dialogue) -> Reply | None:
    """An e-mail to the team, once the visitor has said everything it needs."""
    said, answers = dialogue.request
    tool = next((tool for tool in dialogue.tools if is_email(tool.name)), None)
    if tool is None or not re.search(rf"\b(?:{'|'.join(PASS_ON)}|running late)\b", said, re.I):
        return None
    arguments, question = fill(tool, dialogue, said, answers)
    return Reply(f"I can pass that on. {question}") if question else call(tool, arguments)


def mail_me(dialogue: Dialogue) -> Reply | None:
    """An e-mail to the visitor, by a tool named after its content: "send_price_list"."""
    if not dialogue.hears(r"e-?mail|mail|send") or not dialogue.hears("me|my|us"):
        return None
    heard = set(words.meaning(dialogue.said))
    tools = (tool for tool in dialogue.tools if is_for_visitor(tool.name) and not required(tool))
    tool = next((tool for tool in tools if heard & set(words.meaning(tool.name[5:].replace("_", " ")))), None)
    return call(tool, {}) if tool else None


def lookup(dialogue: Dialogue) -> Reply | None:
    """The tool whose name, choices and description have most in common with the question, if that is enough."""
    said, answers = dialogue.request
    heard = set(words.meaning(said))

    def shared(tool: ToolSpec) -> float:
        choices = [str(choice) for schema in properties(tool).values() for choice in schema.get("enum", [])]
        texts = ((2.0, tool.name), (1.0, " ".join(choices)), (0.5, tool.description))
        return sum(weight * len(heard & set(words.meaning(text.replace("_", " ")))) for weight, text in texts)

    others = [
        t
        for t in dialogue.tools
        if not (is_email(t.name) or is_for_visitor(t.name))
        and not is_search(t)
        and not re.search(rf"find_times$|book$|cancel$|reschedule$|{HANDOFF}", t.name)
    ]
    tool = max(others, key=shared, default=None)
    if tool is None or shared(tool) < 2:
        return None
    arguments, question = fill(tool, dialogue, said, answers)
    return Reply(question) if question else call(tool, arguments)


def guides(dialogue: Dialogue) -> Reply | None:
    """A search in the organization's texts, if the tool's description covers the question."""
    tool = next((tool for tool in dialogue.tools if is_search(tool)), None)
    about = set(words.meaning(tool.description)) if tool else set()
    return search(dialogue) if len(about & set(words.meaning(dialogue.said))) >= 2 else None


def search(dialogue: Dialogue) -> Reply | None:
    """A knowledge search as the last resort before admitting ignorance."""
    tool = next((tool for tool in dialogue.tools if is_search(tool)), None)
    return call(tool, {"query": dialogue.said[:300]}) if tool and words.meaning(dialogue.said) else None


def answered(dialogue: Dialogue) -> Reply | None:
    """Continue what our question was asked for, now that the visitor has answered it."""
    return (message(dialogue) or lookup(dialogue)) if dialogue.request[1] else None


# --- Talk ------------------------------------------------------------------------------------------------------------


def person(dialogue: Dialogue) -> Reply | None:
    who = r"(?:\w+ ){0,3}(?:human|person|someone|somebody|agent|receptionist|team member)"
    if dialogue.hears("are you") or not dialogue.hears(
        rf"(?:talk|speak|chat|connect|put|get|want|need) {who}|human please|call me(?: back)?"
    ):
        return None
    if tool := dialogue.tool(HANDOFF):
        return call(tool, handed_over(tool, dialogue))
    reach = words.best_lines("phone number", dialogue.sections)
    return Reply("I cannot fetch anybody myself." + (f" This is how to reach the team:\n\n{reach}" if reach else ""))


def handed_over(tool: ToolSpec, dialogue: Dialogue) -> dict[str, Any]:
    return {name: dialogue.said if is_text(name) else plainest(properties(tool)[name]) for name in required(tool)}


def nature(dialogue: Dialogue) -> Reply | None:
    kind = r"(?:real|human|person|ai|robot|bot|machine|chat ?bot|computer|chatgpt)"
    if not dialogue.hears(rf"are you (?:an? |really |actually |the )*{kind}|who made you|(?:which|what) model"):
        return None
    return Reply(
        "I'm a demonstration: a small script that speaks the language of AI models, so that you can try everything "
        "without a key. Connect a real model, and it takes my place."
    )


def foreign(dialogue: Dialogue) -> Reply | None:
    """What is understood of German, French, Spanish and Arabic."""
    language = spoken(dialogue)
    if language is None:
        return None
    if wants(dialogue, language.person):
        if tool := dialogue.tool(HANDOFF):
            return call(tool, handed_over(tool, dialogue))
        reach = words.best_lines("phone number", dialogue.sections)
        return Reply(f"{language.says['reach']}\n\n{reach}" if reach else language.says["alone"])
    if wants(dialogue, language.booking) and (found := find_times(in_english(language, dialogue))):
        return found
    if wants(dialogue, language.hours) and (lines := words.best_lines("opening hours", dialogue.sections)):
        return Reply(f"{language.says['hours']}\n\n{lines}")
    if wants(dialogue, language.greeting) and len(dialogue.said.split()) <= 7:
        return Reply(language.says["hello"])
    return None


def foreign_unknown(dialogue: Dialogue) -> Reply | None:
    language = spoken(dialogue)
    return Reply(language.says["unknown"]) if language else None


HELP = "How can I help you?"
SMALL_TALK = {
    r"hi+|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)": f"Hello! {HELP}",
    r"how are you|how[’']?s it going|how do you do|what[’']?s up": "Very well, thank you! What can I do for you?",
    r"thank(?:s| you)|cheers|much appreciated|danke|merci|gracias": "You're welcome! Is there anything else?",
    r"(?:good ?)?bye|see you|ciao|tschüss|au revoir|adi[oó]s|have a (?:nice|good)": "Goodbye, and take care!",
    NO: "All right. I'm here if you need anything.",
    YES: "Good. What can I do for you?",
}


def small_talk(dialogue: Dialogue) -> Reply | None:
    if len(dialogue.said.split()) > 7:
        return None
    return next((Reply(answer) for pattern, answer in SMALL_TALK.items() if dialogue.starts(pattern)), None)


def known(dialogue: Dialogue) -> Reply | None:
    said = dialogue.said
    for word, ahead in (("today", 0), ("tomorrow", 1)):
        if dialogue.hears(word) and len(dialogue.days) > ahead:
            said += f" {words.WEEKDAYS[dialogue.days[ahead].weekday()]}"
    text = words.best_lines(re.sub(r"\b(today|tomorrow)\b", "", said, flags=re.I), dialogue.sections)
    return Reply(text) if text else None


def abilities(dialogue: Dialogue) -> Reply | None:
    if not dialogue.hears(r"what (?:can|do) you do|how can you help|what can i (?:ask|do)|who are you|help"):
        return None
    return Reply(f"I'm the assistant on this site, as a demonstration. {suggestion(dialogue)}")


def corrected(dialogue: Dialogue) -> Reply | None:
    """The correction that an instruction at the end asks for: something in our reply was wrong."""
    if dialogue.messages and dialogue.messages[-1].text.startswith(NOTE) and dialogue.heard:
        return Reply("I'm sorry, I cannot say that for certain. Please ask the team.")
    return None


def unknown(dialogue: Dialogue) -> Reply:
    return Reply(no_answer(dialogue))


RULES: tuple[Callable[[Dialogue], Reply | None], ...] = (
    corrected,
    named,
    repeated,
    answered,
    pick,
    foreign,
    nature,
    person,
    mail_me,
    message,
    cancel,
    find_times,
    guides,
    lookup,
    known,
    abilities,
    small_talk,
    foreign_unknown,
    search,
    unknown,
)
