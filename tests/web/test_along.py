"""What goes along with a letter once, and what stands beside what the shared registers say."""

from akson.web.ehr.along import Choice, beside


def choice(title, detail="", kind="medicines", *, shared=False):
    return Choice(title, title, detail, kind, {}, shared=shared)


def test_a_medicine_that_the_record_doses_otherwise_is_not_left_out():
    shared = [choice("Bisoprolol 2,5 mg", "1 tablett morgen", shared=True)]
    same = choice("bisoprolol 2,5 mg", "1 tablett morgen")
    other = choice("Bisoprolol 2,5 mg", "2 tabletter morgen")
    assert beside(shared, [same, other]) == [other]


def test_an_allergy_stands_once_whatever_its_details():
    shared = [choice("Penicillin", "Utslett", "critical", shared=True)]
    own = [choice("Penicillin – alvorlig", "", "critical"), choice("Latex", "", "critical")]
    assert beside(shared, own) == own[1:]
