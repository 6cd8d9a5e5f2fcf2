from __future__ import annotations

from datetime import UTC, datetime

from django.template import engines

HOSTILE = '<img src=x onerror="alert(1)">'


def rendered(text: str, **context: object) -> str:
    return str(engines["django"].from_string(text).render(context))


def test_icon__beside_a_word__is_hidden_from_readers() -> None:
    assert rendered('{% icon "ok" %}') == '<svg class="i" aria-hidden="true"><use href="#ok"/></svg>'


def test_icon__alone__has_a_label() -> None:
    assert 'role="img" aria-label="Healthy"' in rendered('{% icon "ok" label="Healthy" %}')


def test_components__hostile_text__is_escaped_everywhere() -> None:
    text = (
        '{% badge "ok" x %}{% mark "ok" x %}{% icon "ok" label=x %}{% spark values x %}{% code x %}{{ x|breakable }}'
        '{{ y|pretty }}{% include "_note.html" with text=x title=x %}{% include "_empty.html" with title=x text=x %}'
    )

    page = rendered(text, x=HOSTILE, y={HOSTILE: HOSTILE}, values=[1, 2])

    assert "<img" not in page
    assert page.count("&lt;img") == 12


def test_code__lines__are_one_span_each() -> None:
    assert "<span>a</span><span>  b</span>" in rendered("{% code x %}", x="a\n  b")


def test_breakable__long_name__may_break_after_its_joints() -> None:
    assert rendered('{{ "a.b_c/d"|breakable }}') == "a.<wbr>b_<wbr>c/<wbr>d"


def test_since__moment__exact_time_stands_behind_it() -> None:
    page = rendered("{{ when|since }}", when=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))

    assert 'datetime="2026-01-02T03:04:05+00:00" title="2026-01-02 03:04:05 UTC"' in page


def test_spark__no_values__draws_nothing() -> None:
    assert rendered("{% spark values %}", values=[]) == ""
