"""Codes that stand in a log, for the catalogues: a report shows each with spaces for underscores.

Nothing is looked up here. A code that is not listed is shown in English, as is one of a
clinic's own library; so a log of a later version can still be reported.
"""

from typing import Final

from injector.report.speech import mark

ADVERSE: Final = (
    mark("bruising"), mark("redness"), mark("itching"), mark("pain"), mark("haematoma"),
    mark("infection"), mark("allergy"), mark("necrosis"), mark("pigmentation"),
    mark("granuloma"), mark("other"),
)  # fmt: skip
ALARMS: Final = (
    mark("log failed"), mark("readback"), mark("ungranted shot"), mark("entry conflict"),
    mark("gap"), mark("uncertain shot"), mark("over delivery"), mark("device fault"),
    mark("device refused"), mark("device let go"), mark("link lost"), mark("link taken"),
    mark("console lost"), mark("foreign entries"), mark("protocol mismatch"),
    mark("limit reached"), mark("partial shot"), mark("over limit"), mark("totals differ"),
    mark("syringe differs"), mark("idle"), mark("needle due"), mark("doping list"),
    mark("partial run"), mark("gun ahead"), mark("clock jumped"),
    mark("raised"), mark("cleared"), mark("paused"), mark("acknowledged"),
    mark("high"), mark("medium"), mark("low"),
)  # fmt: skip
ENDINGS: Final = (
    mark("trigger"), mark("contact lost"), mark("stop"), mark("lease"), mark("link"),
    mark("occlusion"), mark("air"), mark("empty"), mark("drive"), mark("disarmed"),
)  # fmt: skip
FAULTS: Final = (mark("stuck trigger"), mark("low battery"), mark("memory"))
CLOSINGS: Final = (
    mark("done"), mark("interrupted"), mark("denied"), mark("taken"), mark("ended"),
    mark("host ended"), mark("gun away"), mark("signal"), mark("log lost"), mark("cut short"),
)  # fmt: skip
REQUESTS: Final = (
    mark("hello"), mark("beat"), mark("disarm"), mark("readjournal"), mark("selftest"),
    mark("identify"),
)  # fmt: skip
BAD_FRAMES: Final = (
    mark("crc"), mark("too short"), mark("too long"), mark("bad escape"), mark("stray control"),
    mark("not canonical"), mark("bad shape"), mark("unknown type"), mark("bad fields"),
)  # fmt: skip
REASONS: Final = (
    mark("finished"), mark("closed"), mark("changed"), mark("memory lost"), mark("recovered"),
    mark("device swapped"), mark("journal lost"), mark("go on"), mark("operator"),
    mark("version"), mark("no link"), mark("wrong link"), mark("id reused"), mark("stopped"),
    mark("armed"), mark("range"), mark("no setpoint"), mark("digest"), mark("journal room"),
    mark("journal full"), mark("fault"), mark("stale release"), mark("trigger held"),
    mark("no entry"), mark("lease too long"), mark("stale grant"), mark("unsupported"),
    mark("grant"), mark("configure"), mark("prime"), mark("release"), mark("arm"),
)  # fmt: skip
DETAILS: Final = (
    mark("bound"), mark("cause"), mark("code"), mark("fill"), mark("index"), mark("limit"),
    mark("missing"), mark("reason"), mark("request"), mark("shots"), mark("figure"),
    mark("value"), mark("products"), mark("shots again"), mark("volume"), mark("volume again"),
    mark("why"), mark("minutes"), mark("silent"), mark("unknown"),
)  # fmt: skip
MODES: Final = (mark("single"), mark("repeat"), mark("burst"), mark("perfusion"))
PLACES: Final = (mark("gun"), mark("hand"))
MEANINGS: Final = (
    mark("performed"), mark("reviewed"), mark("approved"), mark("override"), mark("treated"),
)  # fmt: skip
RESULTS: Final = (mark("resolved"), mark("better"), mark("same"), mark("worse"))
CHECKS: Final = (
    mark("schema"), mark("integrity"), mark("sequence"), mark("bodies"), mark("leaves"),
    mark("columns"), mark("identity"), mark("nodes"), mark("head"), mark("anchors"),
    mark("sessions"), mark("libraries"), mark("devices"), mark("grants"), mark("texts"),
    mark("against"), mark("signatures"), mark("keys"), mark("verdicts"), mark("corrections"),
    mark("anchored"), mark("succession"),
)  # fmt: skip
FINDINGS: Final = (
    mark("object differs"), mark("unreadable"), mark("beyond head"), mark("malformed"),
    mark("out of place"), mark("leaf differs"), mark("column differs"), mark("not opened"),
    mark("opened again"), mark("other key"), mark("not handed over"), mark("after the end"),
    mark("brought from nowhere"), mark("brought late"), mark("brought twice"),
    mark("node differs"), mark("node missing"), mark("node added"), mark("signature"),
    mark("head missing"), mark("origin differs"), mark("size differs"), mark("root differs"),
    mark("peaks differ"), mark("session not open"), mark("session reopened"),
    mark("session left open"), mark("not anchored"), mark("library differs"),
    mark("library incomplete"), mark("journal hole"), mark("journal backwards"),
    mark("counters ahead"), mark("counters differ"), mark("grant missing"),
    mark("grant differs"), mark("grant repeated"), mark("grant too wide"),
    mark("grant unfounded"), mark("grant beyond plan"), mark("grant not planned"),
    mark("grant volume"), mark("grant setpoint"), mark("override unfounded"),
    mark("beyond grant"), mark("counted short"), mark("text differs"), mark("text missing"),
    mark("text unbound"), mark("erasure unfounded"), mark("receipt differs"),
    mark("receipt unsigned"), mark("no record"), mark("other record"), mark("other session"),
    mark("other tree"), mark("no key"), mark("not theirs"), mark("other text"),
    mark("not allowed"), mark("own work"), mark("key unproven"), mark("key taken"),
    mark("key unfounded"), mark("verdict differs"), mark("tail cut"), mark("too early"),
    mark("correction unfounded"), mark("envelope malformed"),
)  # fmt: skip
