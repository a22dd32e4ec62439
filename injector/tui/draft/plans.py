"""Drafts made from a plan file. A plan says nothing of who it is for, and what it does say of a
patient, of lots and of overrides counts in training only."""

from collections.abc import Iterable

from injector.limits.realm import Realm
from injector.treatment.plan import Plan, Product, Step
from injector.tui.draft.reading import FIGURES, answer_text
from injector.tui.draft.sheet import NO, YES, SessionDraft
from injector.tui.speech import number
from injector.units import CONCENTRATION, DEPTH, VOLUME, WEIGHT


def from_plan(plan: Plan, realm: Realm) -> SessionDraft:
    """A draft of the session that ``plan`` means.

    In a clinical one what is read from the vial and asked of the patient is left open.
    """
    draft = SessionDraft(realm, products=len(plan.mixture), steps=len(plan.steps))
    training = realm is Realm.TRAINING
    draft.put("title", plan.title)
    draft.put("indication", plan.indication)
    draft.put("purpose", plan.purpose or "")
    draft.put("needle", number(DEPTH.format(plan.needle_um)))
    draft.put("syringe", number(VOLUME.format(plan.syringe_nl)))
    put_products(draft, plan.mixture, with_vials=training)
    for at, step in enumerate(plan.steps):
        put_step(draft, at, step)
        if training:
            draft.put(f"step.{at}.override", step.override or "")
    if training and plan.patient is not None:
        weight_g = plan.patient.weight_g
        draft.put("weight", "" if weight_g is None else number(WEIGHT.format(weight_g)))
        draft.put("athlete", YES if plan.patient.athlete else NO)
        draft.put("allergies", " ".join(plan.patient.allergies))
        for code, said in plan.patient.conditions.items():
            answer, reason = answer_text(said)
            draft.put(f"condition.{code}", answer)
            draft.put(f"reason.{code}", reason)
        draft.elsewhere = plan.patient.elsewhere
    return draft


def put_products(draft: SessionDraft, products: Iterable[Product], *, with_vials: bool) -> None:
    """Fill in products; lot, expiry and kind of vial only ``with_vials``."""
    for at, product in enumerate(products):
        place = f"mixture.{at}"
        draft.put(f"{place}.product", product.product)
        draft.put(f"{place}.product_class", product.product_class)
        draft.put(f"{place}.volume", number(VOLUME.format(product.volume_nl)))
        strength = product.concentration_ug_ml
        text = "" if strength is None else number(CONCENTRATION.format(strength))
        if with_vials:
            draft.put(f"{place}.concentration", text)
            draft.put(f"{place}.lot", product.lot or "")
            draft.put(f"{place}.expiry", "" if product.expiry is None else str(product.expiry))
            draft.put(f"{place}.multi_dose", YES if product.multi_dose else "")
        elif text:
            # It stands on the vial, and this vial may be another one.
            draft.propose(f"{place}.concentration", text, "plan")


def put_step(draft: SessionDraft, at: int, step: Step) -> None:
    """Fill in a step, without an override of its limits."""
    place = f"step.{at}"
    draft.put(f"{place}.technique", step.technique)
    draft.put(f"{place}.zone", step.zone)
    draft.put(f"{place}.mode", step.mode.value)
    draft.put(f"{place}.burst", "" if step.burst is None else str(step.burst))
    draft.put(f"{place}.shots", str(step.shots))
    amounts = {
        "volume": step.volume_nl,
        "depth": step.depth_um,
        "flow": step.flow_nl_s,
        "needle_speed": step.needle_um_s,
        "cadence": step.cadence_per_min,
    }
    for name, amount in amounts.items():
        draft.put(f"{place}.{name}", number(FIGURES[name].format(amount)))
