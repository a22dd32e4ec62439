"""Entries: what can be written down, and that it reads the same again."""

import hmac
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from injector.shotlog import canonical
from injector.shotlog.entries import (
    KINDS,
    Alarm,
    Body,
    Draft,
    EngineEnded,
    Grant,
    LogOpened,
    Note,
    Override,
    PassedLimit,
    Shot,
    Unknown,
    Verdict,
)
from injector.shotlog.envelope import COMMON, MalformedBodyError, commitments, pack, unpack
from injector.shotlog.facts import Fact
from injector.shotlog.fields import TO_BE_SEALED, Private
from injector.shotlog.merkle import leaf_hash
from injector.shotlog.schema import MAX_BODY_BYTES
from tests.shotlog.samples import (
    NOW,
    SESSION,
    closed,
    grant,
    numbered,
    opened,
    recorded,
    shot,
    uncertain,
)


def packed(draft: Draft, seq: int = 3):  # type: ignore[no-untyped-def]  # inferred by its callers
    return pack(draft, seq, NOW, b"\x05" * 16, numbered())


SAMPLES = [
    Draft(
        None,
        LogOpened(format=1, origin="a", log_id="0" * 16, vkey="a+b+c", software="tests"),
    ),
    opened(),
    closed(),
    Draft(SESSION, grant()),
    Draft(SESSION, shot(1, 3)),
    Draft(SESSION, uncertain(2, 3)),
    *recorded(),
    Draft(None, EngineEnded(reason="quit")),
    Draft(SESSION, Note(text=TO_BE_SEALED, by="ada"), {"/text": "é\n\U0001f600"}),
]


def test_every_kind_names_itself_once() -> None:
    models = get_args(get_args(Body)[0])
    assert set(KINDS.values()) == set(models)
    assert len(KINDS) == len(models)
    for kind, model in KINDS.items():
        assert get_args(model.model_fields["kind"].annotation) == (kind,)


def test_every_kind_that_people_make_has_a_sample() -> None:
    assert {type(draft.body) for draft in SAMPLES} >= set(get_args(Fact))


def test_no_kind_uses_a_name_that_the_writer_adds() -> None:
    for model in KINDS.values():
        assert not COMMON & model.model_fields.keys()


@pytest.mark.parametrize("draft", SAMPLES, ids=lambda draft: draft.body.kind)
def test_an_entry_reads_as_it_was_written(draft: Draft) -> None:
    made = packed(draft)
    assert unpack(made.body) == made.entry
    assert made.leaf == leaf_hash(made.body)
    assert canonical.encode(canonical.decode(made.body)) == made.body
    assert (made.entry.seq, made.entry.at, made.entry.session) == (3, NOW, draft.session)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_body_with_any_field_changed_away_from_its_type_is_refused(data: st.DataObject) -> None:
    fields = canonical.decode(packed(data.draw(st.sampled_from(SAMPLES))).body)
    name = data.draw(st.sampled_from(sorted(fields.keys() - {"kind"})))
    fields[name] = [["nothing", "is", "made", "of", "this"]]
    with pytest.raises(MalformedBodyError):
        unpack(canonical.encode(fields))


@pytest.mark.parametrize("draft", SAMPLES, ids=lambda draft: draft.body.kind)
def test_a_field_missing_or_added_is_refused(draft: Draft) -> None:
    fields = canonical.decode(packed(draft).body)
    for name in fields:
        less = {key: value for key, value in fields.items() if key != name}
        with pytest.raises(MalformedBodyError):
            unpack(canonical.encode(less))
    with pytest.raises(MalformedBodyError):
        unpack(canonical.encode(fields | {"more": 1}))


def test_a_kind_of_a_later_version_is_read_as_unknown() -> None:
    fields = canonical.decode(packed(SAMPLES[-2]).body) | {"kind": "of_tomorrow", "colour": "red"}
    entry = unpack(canonical.encode(fields))
    assert entry.body == Unknown("of_tomorrow", {"colour": "red", "reason": "quit"})


def test_a_body_over_the_limit_is_refused_with_its_size() -> None:
    plan: dict[str, object] = {"words": "x" * MAX_BODY_BYTES}
    body = opened().body.model_copy(update={"plan": plan})
    with pytest.raises(ValueError, match=r"session_opened entry of .* at most 60,000"):
        packed(Draft(SESSION, body, opened().texts))


@pytest.mark.rule("R-TRAINING")
@pytest.mark.parametrize("session", ["", "t", "t" + "A" * 16, "0" * 16, "x" + "0" * 16, "0" * 17])
def test_a_session_id_is_its_realm_and_16_hex_characters(session: str) -> None:
    with pytest.raises(ValueError, match="16 hex"):
        packed(Draft(session, EngineEnded(reason="quit")))


@pytest.mark.rule("R-TRAINING")
def test_a_training_session_cannot_be_opened_under_a_clinical_id() -> None:
    with pytest.raises(ValueError, match="begins with t"):
        packed(Draft("c" + SESSION[1:], opened().body, opened().texts))


# -- private texts ------------------------------------------------------------------


@pytest.mark.rule("R-PRIVATE")
def test_a_private_text_stays_out_of_the_body_and_opens_its_commitment() -> None:
    made = packed(opened())
    assert b"heron" not in made.body
    held = dict(commitments(canonical.decode(made.body)))
    assert held.keys() == {"/pseudonym", "/title", "/answers/1/reason"}
    for text in made.texts:
        assert len(text.salt) == 32
        assert held[text.place] == hmac.new(text.salt, text.text.encode(), "sha256").hexdigest()


def test_equal_texts_have_unequal_commitments() -> None:
    draft = Draft(SESSION, opened().body, dict.fromkeys(opened().texts, "same"))
    assert len({digest for _, digest in commitments(canonical.decode(packed(draft).body))}) == 3


def test_a_plan_may_hold_private_texts_of_its_own() -> None:
    plan: dict[str, object] = {"steps": [{"re/mark": TO_BE_SEALED.model_dump()}]}
    body = opened().body.model_copy(update={"plan": plan})
    texts = {**opened().texts, "/plan/steps/0/re~1mark": "a remark"}
    made = packed(Draft(SESSION, body, texts))
    assert {text.place: text.text for text in made.texts} == texts
    assert plan == {"steps": [{"re/mark": TO_BE_SEALED.model_dump()}]}, "the draft is untouched"


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        pytest.param(Note(text=TO_BE_SEALED, by="ada"), {}, id="no text"),
        pytest.param(Note(text=TO_BE_SEALED, by="ada"), {"/texts": "a"}, id="another place"),
        pytest.param(EngineEnded(reason="quit"), {"/reason": "a"}, id="no private place"),
        pytest.param(
            Note(text=Private(hmac_sha256="1" * 64), by="ada"), {"/text": "a"}, id="sealed before"
        ),
        pytest.param(Note(text=Private(hmac_sha256="1" * 64), by="ada"), {}, id="sealed elsewhere"),
    ],
)
def test_texts_and_their_places_must_pair(body: Body, texts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"do not pair|sealed already"):
        packed(Draft(None, body, texts))


# -- what cannot be written down ------------------------------------------------------


def verdict(outcome: str, override: Override | None = None) -> dict[str, object]:
    return Verdict.model_validate(
        {"rules": 1, "outcome": outcome, "passed": (), "override": override}
    ).model_dump()


@pytest.mark.rule("R-HARD")
def test_what_the_limits_refuse_cannot_be_granted() -> None:
    with pytest.raises(ValidationError, match="not granted"):
        Grant.model_validate(grant().model_dump() | {"verdict": verdict("refuse")})


@pytest.mark.rule("R-OVERRIDE")
def test_a_soft_limit_is_passed_only_with_an_override() -> None:
    with pytest.raises(ValidationError, match="only with an override"):
        Grant.model_validate(grant().model_dump() | {"verdict": verdict("soft")})
    override = Override(reason=TO_BE_SEALED, by="ada")
    permitted = Grant.model_validate(grant().model_dump() | {"verdict": verdict("soft", override)})
    assert permitted.verdict.override == override


@pytest.mark.parametrize(
    "change",
    [
        {"volume_nl": 1.0},
        {"volume_nl": "1"},
        {"volume_nl": True},
        {"volume_nl": -1},
        {"volume_nl": 2**53},
        {"serial": ""},
        {"serial": "A\n"},
        {"serial": "é"},
        {"outcome": "unknown"},
        {"setpoint_digest": "00"},
        {"cause": "Not A Code"},
    ],
    ids=str,
)
def test_a_shot_is_made_of_exact_values_only(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Shot.model_validate(shot(1).model_dump() | change)


def test_an_entry_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        shot(1).volume_nl = 0  # type: ignore[misc]  # that is the point


def test_details_are_flat_figures_and_names() -> None:
    fields = {"alarm": "gap", "priority": "high", "act": "raised", "by": None}
    alarm = Alarm.model_validate(fields | {"detail": {"index": -3, "where": "x"}})
    assert alarm.detail == {"index": -3, "where": "x"}
    for detail in ({"a": 1.5}, {"a": [1]}, {"é": 1}, {"a": None}):
        with pytest.raises(ValidationError):
            Alarm.model_validate(fields | {"detail": detail})


def test_the_limits_own_words_for_a_passed_limit_fit() -> None:
    passed = {
        "figure": "depth_um",
        "rule": "most",
        "value": 7_000,
        "bound": 4_000,
        "level": "hard",
        "set_by": "zone",
        "limit": "zones.elbow.depth",
        "source": "French Society of Mesotherapy (SFM)",
        "strength": "society",
    }
    assert PassedLimit.model_validate(passed).model_dump() == passed
