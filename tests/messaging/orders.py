"""Orders to a laboratory for tests."""

from akson.messaging.kith import lab, rekvisisjon
from akson.messaging.kith.common import CV, cs
from tests.messaging.makers import NUMBER
from tests.messaging.reports import LABORATORY, NLK, SURGERY


def wanted(name, code, action="N", **values):
    """One examination of one sample."""
    examined = rekvisisjon.Investigation(id=(CV(v=code, s=NLK, dn=name),))
    sample = rekvisisjon.AnalysedSubject(
        collected_sample=rekvisisjon.CollectedSample(collected_date="2026-11-20T07:57:00"),
        type_coded=CV(v="S", s="2.16.578.1.12.4.1.1.8351", dn="Serum"),
        id_by_requester="tube-1",
    )
    return rekvisisjon.ReqInvestigation(
        serv_type=cs(action), investigation=(examined,), analysed_subject=(sample,), **values
    )


TSH = wanted("Us-TSH", "NOR05865", priority=cs("0", "Øyeblikkelig hjelp"))
POTASSIUM = wanted("P-Kalium", "NPU03230", comment="Hemolyse sist")


def message(*investigations, action="N"):
    """An order of 1.6 about the patient of the other makers."""
    return rekvisisjon.Message(
        type=cs("REQ_LAB", "Rekvisisjon-Laboratoriemedisin"),
        mig_version=rekvisisjon.VERSIONS[rekvisisjon.NAMESPACE],
        gen_date="2026-11-20T08:52:24",
        msg_id="7d30b55b-d063-4bfa-8db4-e4b0a22d2451",
        serv_req=rekvisisjon.ServReq(
            serv_type=cs(action),
            issue_date="2026-11-20T08:51:11",
            msg_descr=cs("LAB", "Laboratoriemedisin"),
            id="order-3",
            patient=lab.Patient(name="Strand, Kari Marie", off_id=NUMBER, type_off_id=cs("FNR")),
            serv_provider=LABORATORY,
            requester=SURGERY,
            reason_as_text=(
                lab.Reason(heading=cs("PROB", "Aktuell problemstilling"), text_result_value="Slapp"),
            ),
            req_investigation=investigations,
        ),
    )
