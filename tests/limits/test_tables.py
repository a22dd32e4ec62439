"""The tables of a library beyond shots: faults between them, and what they list."""

from datetime import date

import pytest

from injector.limits.library import Library, LibraryError
from injector.limits.listing import bounds, listing
from injector.limits.prepared import unset
from injector.limits.tables.questions import Kind
from tests.limits.test_library import FROM, HEAD


@pytest.mark.rule("R-LIBRARY-FAULTS")
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "[product.p]\nname = 'p'\nclass = 'none'",
            "product.p.class: there is no [class.none]; known are none",
        ),
        (
            (
                f"class.c.name = 'c'\n[product.p]\nname = 'p'\nclass = 'c'\n"
                f"per_day = {{ hard = '0 mg', {FROM} }}"
            ),
            "product.p.per_day: nothing at all is no dose; take the product out",
        ),
        (
            (
                f"class.c.name = 'c'\n[product.p]\nname = 'p'\nclass = 'c'\n"
                f"per_day = {{ hard = '1 mg', soft = '2 mg', {FROM} }}"
            ),
            "product.p.per_day: the soft range must lie inside the hard one",
        ),
        (
            (
                f"class.c.name = 'c'\n[product.p]\nname = 'p'\nclass = 'c'\n"
                f"per_kg = {{ hard = '4.5 mg', {FROM} }}"
            ),
            "product.p.per_kg.hard: '4.5 mg': a dose per body weight is in mg/kg",
        ),
        (
            "[product.p]\nname = 'p'\nclas = 'c'",
            "product.p.class: missing",
        ),
        (
            (
                f"[session]\nidle_warn = {{ after = '4 h', {FROM} }}\n"
                f"idle_close = {{ after = '4 h', {FROM} }}"
            ),
            "session.idle_warn.after: a warning comes before the end, which is after 240 min",
        ),
        (
            f"[session]\nneedle_change = {{ every = 0, {FROM} }}",
            "session.needle_change.every: 0 is too low; at least 1",
        ),
        (
            f"schedule.s = {{ name = 's', {FROM}, phase = [] }}",
            "schedule.s.phase: has 0 phases, and must have 1 to 10",
        ),
        (
            (
                f"schedule.s = {{ name = 's', {FROM}, phase = [{{ every = '7 d' }}, "
                "{ every = '7 d' }] }"
            ),
            "schedule.s.phase 1.sessions: missing; only the last phase may go on without end",
        ),
        (
            f"schedule.s = {{ name = 's', {FROM}, phase = [{{ every = '1 w' }}] }}",
            "schedule.s.phase 1.every: '1 w': a interval is in d",
        ),
        (
            (
                f"schedule.s = {{ name = 's', {FROM}, phase = [{{ sessions = '4 to 2', "
                "every = '7 d' }] }"
            ),
            'schedule.s.phase 1.sessions: a number of sessions is written 6, or "2 to 4"',
        ),
        (
            "[indication.i]\nname = 'i'\npurposes = ['fun']\n",
            "indication.i.purposes: there is no [purpose.fun]; known are none",
        ),
        (
            "[indication.i]\nname = 'i'\nschedule = 'daily'\n",
            "indication.i.schedule: there is no [schedule.daily]; known are none",
        ),
        (
            f"[contraindication.c]\nname = 'c'\nkind = 'total'\n{FROM.replace(', ', chr(10))}",
            "contraindication.c.kind: 'total' is none of 'absolute' or 'relative'",
        ),
        (
            "[device_class.d]\nname = 'd'\nrefused = true",
            "device_class.d.refused: True is not a table",
        ),
    ],
)
def test_a_fault_is_told_with_its_place_and_what_would_be_right(text: str, fault: str) -> None:
    with pytest.raises(LibraryError) as refused:
        Library.parse(HEAD + text)
    assert any(str(each).startswith(fault) for each in refused.value.faults), str(refused.value)


@pytest.mark.rule("R-FIELD", "R-NEEDLE-DUE", "R-WHAT-FOR")
def test_the_shipped_library_names_all_that_the_field_treats_asks_and_uses(
    shipped: Library,
) -> None:
    figures = shipped.figures
    assert set(figures.purpose) == {"curative", "preventive", "aesthetic"}
    assert set(figures.indication) == {
        "tendinopathy_elbow", "tendinopathy_shoulder", "tendinopathy_achilles", "bursitis",
        "sprain", "muscle_contracture", "muscle_strain_and_tear", "periostitis", "algodystrophy",
        "arthrosis", "carpal_tunnel", "morton_neuroma", "low_back_pain", "neck_pain",
        "torticollis", "sciatica_and_cruralgia", "post_zoster_neuralgia", "fibromyalgia",
        "migraine_and_headache", "vertigo", "tinnitus", "venous_insufficiency",
        "functional_colopathy", "hair_loss", "scars", "cellulite", "face_rejuvenation",
    }  # fmt: skip
    assert {code for code, each in figures.product_class.items() if each.refused is None} == {
        "local_anaesthetic", "nsaid", "muscle_relaxant", "vasodilator", "calcitonin",
        "trace_element", "vitamin", "plant", "homeopathic", "carrier",
    }  # fmt: skip
    assert {c for c, each in figures.contraindication.items() if each.kind is Kind.ABSOLUTE} == {
        "allergy", "coagulation_disorder", "infection", "pregnancy",
    }  # fmt: skip
    assert {c for c, each in figures.contraindication.items() if each.kind is Kind.RELATIVE} == {
        "unbalanced_diabetes", "immunosuppression", "autoimmune_disease", "anticoagulants",
        "breast_feeding",
    }  # fmt: skip
    assert set(figures.checklist) == {"patient", "hygiene", "mixture"}
    session = figures.session
    assert session.needle_change
    assert session.needle_change.every == 200
    assert session.idle_warn
    assert session.idle_warn.after == 30
    assert session.idle_close
    assert session.idle_close.after == 240


@pytest.mark.rule("R-HYGIENE", "R-ALLERGY", "R-TREATMENTS")
def test_the_shipped_checklists_ask_for_patient_hygiene_and_mixture(shipped: Library) -> None:
    asked = {code: set(each.items) for code, each in shipped.figures.checklist.items()}
    assert asked == {
        "patient": {"contraindications", "allergies", "treatments", "consent"},
        "hygiene": {"single_use", "gloves_and_mask", "hands", "skin", "device"},
        "mixture": {"lots", "who", "where", "clear"},
    }
    hygiene = shipped.figures.checklist["hygiene"].items
    assert "sterile" in hygiene["single_use"]
    assert "lot and expiry" in hygiene["single_use"]
    assert "never rinsed with tap water" in hygiene["device"]


@pytest.mark.rule("R-SOURCES")
def test_every_shipped_figure_has_a_source_and_says_so_where_it_is_weak(shipped: Library) -> None:
    for place, bound in bounds(shipped.figures).items():
        assert bound.source, place
        if "SFM" not in bound.source and "label" not in bound.source:
            assert bound.strength.value in {"weak", "none"}, place


@pytest.mark.rule("R-SCHEDULE", "R-DUE")
def test_a_schedule_says_from_when_to_when_the_next_session_is_due(shipped: Library) -> None:
    chronic = shipped.figures.schedule["chronic"]
    assert chronic.due(4, date(2026, 1, 1)) == (date(2026, 1, 15), date(2026, 1, 29))
    assert shipped.figures.schedule["hair"].phase_of(7) == 1


@pytest.mark.rule("R-SHOWN")
def test_two_libraries_that_say_the_same_are_listed_the_same() -> None:
    text = HEAD + f"[shot]\nflow = {{ hard = '0.5 mL/s', soft = '100 µL/s to 300 µL/s', {FROM} }}"
    other = text.replace("0.5 mL/s", "500 µL/s").replace("[shot]", "# a comment\n[shot]")
    assert listing(Library.parse(text).figures) == listing(Library.parse(other).figures)
    assert listing(Library.parse(text).figures)["shot.flow.soft"] == "100 µL/s to 300 µL/s"


@pytest.mark.rule("R-MISSING", "R-SHOWN")
def test_what_a_library_leaves_unset_is_listed(shipped: Library) -> None:
    assert unset(shipped.figures) == [
        "technique.mesoperfusion.depth",
        "technique.mesoperfusion.volume",
    ]
    assert unset(Library.parse(HEAD).figures) == [
        "shot.flow",
        "shot.cadence",
        "session.shots",
        "mixture.products",
        "zone",
        "technique",
        "pace",
        "needle",
        "syringe",
        "device_class",
        "product",
    ]
