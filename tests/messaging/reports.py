"""A report of a laboratory for tests, with what people look for: a number out of range, a text, resistance, a sample."""

from dataclasses import replace

from akson.messaging.kith import lab, svarrapport
from akson.messaging.kith.basic import AdditionalId, Dept, HCPerson, NumResult
from akson.messaging.kith.common import CV, PQ, cs
from tests.messaging.makers import NUMBER

NLK = "2.16.578.1.12.4.1.1.7280"
HER = cs("HER", "HER-id")
LABORATORY = lab.Party(
    hcp=lab.HCP(
        inst=lab.Inst(
            name="Fjordsykehuset",
            id="8000201",
            type_id=HER,
            dept=(Dept(name="Laboratoriet", id="8000203", type_id=HER),),
            additional_id=(AdditionalId(id="983974880", type=cs("ENH")),),
        )
    )
)
SURGERY = lab.Party(
    hcp=lab.HCP(
        inst=lab.Inst(
            name="Solvik legesenter",
            id="8000101",
            type_id=HER,
            person=(HCPerson(name="Anne Bjerke", id="8000102", type_id=HER),),
        )
    )
)
SAMPLE = svarrapport.AnalysedSubject(
    collected_sample=svarrapport.CollectedSample(collected_date="2026-11-20T07:57:00"),
    type_coded=CV(v="P", s="2.16.578.1.12.4.1.1.8351", dn="Plasma"),
    id_by_serv_provider="1",
)


def item(name: str, code: str, system: str = NLK, **values) -> svarrapport.ResultItem:
    """One result."""
    examined = svarrapport.Investigation(id=(CV(v=code, s=system, dn=name),))
    return svarrapport.ResultItem(serv_type=cs("N", "Ny"), investigation=(examined,), **values)


def number(value: str, unit: str, comparator: str = "") -> NumResult:
    """A result that is a number."""
    return NumResult(
        arithmetic_comp=cs(comparator) if comparator else None, num_result_value=PQ(v=value, u=unit)
    )


def words(value: str, *codes: CV, heading: str = "LR") -> svarrapport.TextResult:
    """A result that is text or a code."""
    return svarrapport.TextResult(heading=cs(heading), text_result_value=value or None, text_code=codes)


POTASSIUM = item(
    "P-Kalium",
    "NPU03230",
    id_result_item="k",
    num_result=number("5.40", "mmol/L"),
    ref_interval=(svarrapport.RefInterval(descr="3,5 - 5,0"),),
    dev_result_ind=cs("1", "Over øvre referansegrense"),
    status_investigation=cs("3", "Endelig"),
    ref_analysed_subject=("1",),
)
CRP = item(
    "P-CRP",
    "1988-5",
    "2.16.840.1.113883.6.1",
    id_result_item="c",
    num_result=number("5", "mg/L", "LT"),
    ref_interval=(svarrapport.RefInterval(descr="< 5"),),
    ref_analysed_subject=("1",),
)
BACTERIUM = item("Us-Aerob dyrkning", "NPU06061", id_result_item="b", text_result=words("Escherichia coli"))
RESISTANCE = item(
    "Us-Ampicillin",
    "NPU54371",
    ref_id_result_item="b",
    text_result=words("", CV(v="R", s="2.16.578.1.12.4.1.1.8271", dn="Resistent"), heading="RSB"),
)


def report(*results: svarrapport.ResultItem, action: str = "N", status: str = "F") -> svarrapport.Message:
    """A report of 1.4 about the patient of the other makers."""
    return svarrapport.Message(
        type=cs("SVAR_LAB", "Svarrapport-Laboratoriemedisin"),
        mig_version=svarrapport.VERSIONS[svarrapport.NAMESPACE],
        gen_date="2026-11-20T11:52:24",
        msg_id="e630b55b-d063-4bfa-8db4-e4b0a22d2451",
        serv_report=(
            svarrapport.ServReport(
                serv_type=cs(action),
                issue_date="2026-11-20T11:04:10",
                status=cs(status),
                msg_descr=cs("CLIN", "Medisinsk biokjemi"),
                serv_prov_id="report-7",
                comment="Kontroll anbefales.",
                serv_req=(svarrapport.ServReq(id="order-3", issue_date="2026-11-20"),),
                patient=svarrapport.Patient(
                    name="Strand, Kari Marie",
                    off_id=NUMBER,
                    type_off_id=cs("FNR"),
                    analysed_subject=(SAMPLE,),
                    result_item=results,
                ),
                serv_provider=LABORATORY,
                requester=SURGERY,
            ),
        ),
    )


def changed(result: svarrapport.ResultItem, action: str, **values) -> svarrapport.ResultItem:
    """A result as a later report has it."""
    return replace(result, serv_type=cs(action), **values)
