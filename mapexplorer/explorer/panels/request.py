"""The request inspector: what is asked of the service, what changed, and what came back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets

from mapexplorer.client import snippets
from mapexplorer.explorer.markup import Markup, join, tag
from mapexplorer.explorer.sharing import create
from mapexplorer.explorer.state import portable_target
from mapexplorer.protocol import Call, MapRequest, Operation, url_or_form

from . import controls, request_table
from .bound_panel import BoundPanel
from .copying import copied, with_copy

if TYPE_CHECKING:
    from mapexplorer.explorer.answer import Answer

LANGUAGES = (
    ("Python, mapexplorer", "mapexplorer"),
    ("Python, requests", "requests"),
    ("JavaScript", "javascript"),
    ("curl", "curl"),
    ("URL", "url"),
)

FORMS = (
    ("As it is best for the map (json)", ""),
    ("json: facts and the address of the picture", "json"),
    ("pjson: the same, indented", "pjson"),
    ("image: the picture alone", "image"),
)

PORT = 8080
"""Where code asks a map of this session, once somebody serves it there."""


class RequestPanel(BoundPanel):
    """Both requests of the last answer by parameter, with times, response, and code to repeat them."""

    title: ClassVar[str] = "Request"
    bound: ClassVar[tuple[str, ...]] = ("f",)

    def build(self) -> tuple[Any, ...]:
        """Make the controls and the empty places."""
        self._answer: Answer | None = None
        self.operation = create(
            ipywidgets.ToggleButtons,
            options=[(operation.value, operation) for operation in Operation],
            tooltips=["The request for the picture", "The request for the legend"],
        )
        self.operation.add_class("me-modes")
        self.explain = self._toggle("Explain", "Show what each parameter means")
        self.explain.value = True
        self.form = controls.labelled(
            ipywidgets.Dropdown, "Answer", "The parameter f: how the service answers", options=FORMS
        )
        self.opened = self._toggle("Response", "Show the answer of the service")
        self.language = controls.labelled(ipywidgets.Dropdown, "Copy as", options=LANGUAGES)
        self.snippet = copied(ipywidgets.Textarea, "The request as code", rows=9, continuous_update=False)
        self.serving = controls.prose()
        self.copying = controls.prose(
            controls.hint("Click into the text, then Ctrl+A and Ctrl+C copy it."), "me-copy-hint"
        )
        self.summary, self.url = controls.prose(), controls.prose()
        self.table, self.response = controls.prose(), controls.prose()
        for chooser in (self.operation, self.explain, self.opened, self.language):
            self.listen(chooser, self._fill)
        self.message = controls.prose()
        self.listen(self.form, self._form_chosen)
        self._details = create(ipywidgets.VBox,
            (
                self.operation, self.summary, self.table, controls.row(self.explain, self.opened),
                self.response, self.form, self.message, self.language, self.serving,
                with_copy(self.snippet), self.copying, self.url,
            )
        )  # fmt: skip
        self._details.add_class("me-stack")
        self._empty = controls.prose(controls.hint("Nothing has been asked yet."))
        return (self._empty, self._details)

    def on_service(self) -> None:
        """Forget the requests to the service before."""
        self._answer = None
        super().on_service()

    def on_answer(self, answer: Answer) -> None:
        """Show the requests of an answer."""
        self._answer = answer
        with self.quietly():
            self.show()

    def show(self) -> None:
        """Show the last answer."""
        self._show_form()
        controls.shown(self._empty, self._answer is None)
        controls.shown(self._details, self._answer is not None)
        if self._answer is not None:
            self._fill()

    def refuse(self, sentence: str) -> None:
        """Show why a form of answer was not taken."""
        controls.say(self.message, controls.alert(sentence))

    def _form_chosen(self) -> None:
        self.write(f=self.form.value or None)

    def _show_form(self) -> None:
        form = self.explorer.parameters.f
        known = [value for _, value in FORMS]
        if form is not None and form.value not in known:
            self.form.options = (*FORMS, (form.value, form.value))
        self.form.value = "" if form is None else form.value

    def _fill(self) -> None:
        answer = self._answer
        if answer is None:
            return
        operation = self.operation.value
        picture = operation is Operation.EXPORT
        result: Any = answer.export if picture else answer.legend
        error = answer.export_error if picture else answer.legend_error
        call = result.call if result is not None else self._call(answer.request, operation)
        texts = request_table.sent(call)
        controls.say(self.summary, request_table.summary(call, result, error))
        controls.say(
            self.table,
            request_table.parameter_table(texts, answer.previous, operation, explain=self.explain.value),
        )
        body = result.body if result is not None and self.opened.value else None
        facts = request_table.picture_facts(result) if self.opened.value else None
        controls.say(self.response, None if body is None else join([facts, request_table.answer_text(body)]))
        self.opened.disabled = result is None
        controls.say(self.url, request_table.address(call))
        self.snippet.value = self._written(call, answer.request, operation)

    def _call(self, request: MapRequest, operation: Operation) -> Call:
        """The call as it goes out, for a request without an answer."""
        url = f"{self.explorer.service.url.rstrip('/')}/{operation.value}"
        return url_or_form(url, request.encode(operation, f="json"))

    def _written(self, call: Call, request: MapRequest, operation: Operation) -> str:
        language, service = self.language.value, self.explorer.service
        embedded = snippets.is_embedded(service.url)
        target = portable_target(self.explorer.opened.target, service.url) if embedded else None
        controls.say(self.serving, _serving(target, language) if embedded else None)
        if language == "mapexplorer":
            name = "export" if operation is Operation.EXPORT else "query_legends"
            return snippets.as_mapexplorer(
                request, service.url, operation=name, secured=service.secured, target=target
            )
        if embedded:
            call = snippets.as_served(call, f"http://127.0.0.1:{PORT}")
        if language == "url":
            return snippets.as_url(call)
        write = {
            "requests": snippets.as_python,
            "javascript": snippets.as_javascript,
            "curl": snippets.as_curl,
        }[language]
        return write(call, secured=service.secured)

    @staticmethod
    def _toggle(word: str, explanation: str) -> Any:
        made = create(
            ipywidgets.ToggleButton, description=word, tooltip=explanation, layout={"width": "auto"}
        )
        made.add_class("me-button")
        return made


def _serving(target: str | None, language: str) -> Markup | None:
    """How a map that lives in this session comes to answer other programs."""
    if language == "mapexplorer":
        words = "Here, data stands for the tables of this session."
        return controls.hint(words) if target is None else None
    if target is None:
        return controls.hint(
            "These tables live in this session only. Written to a file, mapexplorer serve can serve them."
        )
    shared = " --cors '*'" if language == "javascript" else ""
    command = f"mapexplorer serve {shlex.quote(target)} --port {PORT}{shared}"
    return tag(
        "p", "This map lives in this session only. It answers other programs after ", tag("code", command),
        class_="me-hint",
    )  # fmt: skip
