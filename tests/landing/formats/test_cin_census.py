"""The CIN census as XML: every record with the ids of all it belongs to, nothing lost, the wrong document refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from childrens_warehouse.errors import FileRefused
from childrens_warehouse.landing.formats import xml_records
from childrens_warehouse.settings import PROJECT
from tests.landing.formats.reading import numbers, read, rows

SAMPLE = Path(os.environ.get("WAREHOUSE_CIN_SAMPLES") or "nowhere") / "fake_CIN_data.xml"

HEADER = """<Header><CollectionDetails><Collection>CIN</Collection><Year>2022</Year>
<ReferenceDate>2022-03-31</ReferenceDate></CollectionDetails><Source><LEA>310</LEA></Source></Header>"""
IDENTIFIERS = """<ChildIdentifiers><LAchildID>C1</LAchildID><PersonBirthDate>2010-05-01</PersonBirthDate>
<GenderCurrent>2</GenderCurrent></ChildIdentifiers>"""
CHARACTERISTICS = """<ChildCharacteristics><Ethnicity>WBRI</Ethnicity><Disabilities><Disability>LD</Disability>
<Disability>AUT</Disability></Disabilities></ChildCharacteristics>"""
DETAILS = """<CINdetails><CINreferralDate>2021-06-01</CINreferralDate><ReferralSource>1A</ReferralSource>
<DateOfInitialCPC>2021-07-01</DateOfInitialCPC><ReferralNFA>false</ReferralNFA>{}</CINdetails>"""
ASSESSMENT = """<Assessments><AssessmentActualStartDate>{}</AssessmentActualStartDate>
<FactorsIdentifiedAtAssessment><AssessmentFactors>3B</AssessmentFactors><AssessmentFactors>4B</AssessmentFactors>
</FactorsIdentifiedAtAssessment></Assessments>"""
SECTION_47 = """<Section47><S47ActualStartDate>2021-06-10</S47ActualStartDate><ICPCnotRequired>0</ICPCnotRequired>
</Section47>"""
PLAN = """<ChildProtectionPlans><CPPstartDate>2021-07-01</CPPstartDate><InitialCategoryOfAbuse>NEG
</InitialCategoryOfAbuse><LatestCategoryOfAbuse>EMO</LatestCategoryOfAbuse><NumberOfPreviousCPP>0</NumberOfPreviousCPP>
<Reviews><CPPreviewDate>2021-09-01</CPPreviewDate><CPPreviewDate>2022-01-05</CPPreviewDate></Reviews>
</ChildProtectionPlans>"""
CIN_PLAN = "<CINPlanDates><CINPlanStartDate>2021-08-01</CINPlanStartDate></CINPlanDates>"


def child(*details: str, identifiers: str = IDENTIFIERS, characteristics: str = CHARACTERISTICS) -> str:
    return f"<Child>{identifiers}{characteristics}{''.join(details)}</Child>"


def census_document(*children: str, header: str = HEADER) -> str:
    return f"<Message>{header}<Children>{''.join(children)}</Children></Message>"


def census(tmp_path: Path, *children: str, header: str = HEADER, year: int = 2022, spoil=lambda text: text):
    path = tmp_path / "census.xml"
    path.write_text(spoil(census_document(*children, header=header)), encoding="utf-8")
    return read(path, "cin_census.xml", year, tmp_path)


def refusal(tmp_path: Path, *children: str, **options) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        census(tmp_path, *children, **options)
    return refused.value


def test_every_record_bears_the_ids_of_all_it_belongs_to(tmp_path):
    late, early = ASSESSMENT.format("2021-09-01"), ASSESSMENT.format("2021-06-05")
    parts = census(tmp_path, child(DETAILS.format(late + early + CIN_PLAN + SECTION_47 + PLAN)))
    assert rows(parts["Header"])[0]["lea"] == "310"
    [person] = rows(parts["Child"])
    assert (person["lachildid"], person["personbirthdate"], person["gendercurrent"], person["ethnicity"]) == (
        "C1", "2010-05-01", "2", "WBRI",
    )  # fmt: skip
    assert rows(parts["Disability"]) == [
        {"lachildid": "C1", "disability": "LD"}, {"lachildid": "C1", "disability": "AUT"},
    ]  # fmt: skip
    [details] = rows(parts["CINdetails"])
    assert (details["lachildid"], details["cindetailsid"], details["referralnfa"]) == ("C1", "1", "false")
    # Numbered by their dates, wherever they stand.
    assert [(each["assessmentid"], each["assessmentactualstartdate"]) for each in rows(parts["Assessments"])] == [
        ("2", "2021-09-01"), ("1", "2021-06-05"),
    ]  # fmt: skip
    assert {(each["lachildid"], each["cindetailsid"], each["assessmentid"], each["assessmentfactor"])
            for each in rows(parts["AssessmentFactors"])} == {
        ("C1", "1", number, factor) for number in "12" for factor in ("3B", "4B")
    }  # fmt: skip
    assert rows(parts["CINPlanDates"])[0]["cinplanid"] == "1"
    # The conference of the referral is not the enquiry's.
    assert rows(parts["Section47"])[0]["dateofinitialcpc"] is None
    assert rows(parts["ChildProtectionPlans"])[0]["cppid"] == "1"
    assert [(each["cppid"], each["cppreviewdate"]) for each in rows(parts["CPPreviewDate"])] == [
        ("1", "2021-09-01"), ("1", "2022-01-05"),
    ]  # fmt: skip
    assert not any(part.unreadable or (part.notes and name != "Child") for name, part in parts.items())


def test_referrals_keep_their_numbers_when_exported_in_another_order(tmp_path):
    older = DETAILS.replace("2021-06-01", "2019-02-03").format("")
    newer = DETAILS.format(CIN_PLAN)
    for details in ((older, newer), (newer, older)):
        parts = census(tmp_path, child(*details))
        assert {each["cindetailsid"]: each["cinreferraldate"] for each in rows(parts["CINdetails"])} == {
            "1": "2019-02-03", "2": "2021-06-01",
        }  # fmt: skip
        assert [each["cindetailsid"] for each in rows(parts["CINPlanDates"])] == ["2"]


def test_an_id_the_document_gives_is_taken(tmp_path):
    given = DETAILS.replace("<CINreferralDate>", "<CINdetailsID>77</CINdetailsID><CINreferralDate>").format(CIN_PLAN)
    parts = census(tmp_path, child(given))
    assert [each["cindetailsid"] for each in rows(parts["CINPlanDates"])] == ["77"]


def test_records_out_of_place_are_unreadable_and_counted(tmp_path):
    parts = census(
        tmp_path,
        SECTION_47,  # before any child
        child(DETAILS.format(SECTION_47), PLAN),  # a plan outside its referral
        spoil=lambda text: text.replace("</Children>", f"</Children>{DETAILS.format(CIN_PLAN)}"),
    )
    section, plan, details = parts["Section47"], parts["ChildProtectionPlans"], parts["CINdetails"]
    assert (section.rows, section.rows_read) == (1, 2)
    assert section.unreadable == ((1, "Section47 in line 2 lies outside any Child"),)
    assert (plan.rows, len(plan.unreadable)) == (0, 1)
    assert plan.unreadable[0][1].endswith("does not lie where a ChildProtectionPlans belongs")
    assert len(parts["CPPreviewDate"].unreadable) == 2
    assert (details.rows, [number for number, _ in details.unreadable]) == (1, [2])
    assert len(parts["CINPlanDates"].unreadable) == 1
    assert numbers(details) == [1]


def test_what_comes_twice_is_unreadable(tmp_path):
    twice = DETAILS.replace("</CINreferralDate>", "</CINreferralDate><CINreferralDate>2021-06-02</CINreferralDate>")
    parts = census(tmp_path, child(twice.format(CIN_PLAN), DETAILS.format("")))
    assert parts["CINdetails"].rows == 1
    [(_, what)] = parts["CINdetails"].unreadable
    assert what.startswith("element CINreferralDate comes twice in one CINdetails (line ")
    assert "2021-06" not in what
    # What lies in it is still the child's.
    assert parts["CINPlanDates"].rows == 1

    doubled = child(DETAILS.format(CIN_PLAN), identifiers=IDENTIFIERS + IDENTIFIERS.replace("C1", "C2"))
    parts = census(tmp_path, doubled, child(DETAILS.format("")))
    assert [(parts[name].rows, len(parts[name].unreadable)) for name in ("Child", "CINdetails", "CINPlanDates")] == [
        (1, 1), (1, 1), (0, 1),
    ]  # fmt: skip


def test_a_child_within_a_child_is_not_lost(tmp_path):
    parts = census(tmp_path, child(DETAILS.format(""), child(DETAILS.format("")).replace("C1", "C2")))
    assert [each["lachildid"] for each in rows(parts["Child"])] == ["C1"]
    assert [parts[name].rows_read for name in ("Child", "CINdetails")] == [2, 2]


@pytest.mark.parametrize(
    ("spoil", "rule", "says"),
    [
        (lambda text: text.replace("</CINdetails>", "", 1), "XML-MALFORMED", "line"),
        (lambda text: text[: len(text) // 2], "XML-MALFORMED", "column"),
        (lambda text: text.replace("310", "\x00"), "XML-MALFORMED", "line"),
        (lambda text: "child,date\nSecretName,2021", "XML-MALFORMED", "line 1"),
        (lambda text: text.replace("Message", "Envelope"), "XML-ROOT", "is not Message"),
        (lambda text: text.replace(">CIN<", ">SEN2<"), "XML-ROOT", "another collection"),
        (lambda text: text.replace("<Year>2022", "<Year>2021"), "XML-YEAR", "Year in the document's header says 2021"),
        (lambda text: text.replace("2022-03-31", "2023-03-31"), "XML-YEAR", "ReferenceDate"),
        (lambda text: text.replace("GenderCurrent", "Sex"), "XML-YEAR", "element Sex in line"),
        (lambda text: text.replace("<GenderCurrent>2</GenderCurrent>", ""), "XML-YEAR", "GenderCurrent"),
        (lambda text: text.replace("<ReferralSource>1A</ReferralSource>", ""), "XML-YEAR", "ReferralSource"),
        (lambda text: '<!DOCTYPE Message SYSTEM "http://127.0.0.1/x.dtd">' + text, "XML-DOCTYPE", "DOCTYPE"),
        (
            lambda text: '<!DOCTYPE Message [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + text.replace("C1", "&e;"),
            "XML-DOCTYPE", "DOCTYPE",
        ),
    ],
)  # fmt: skip
def test_a_document_that_cannot_be_believed_is_refused(tmp_path, spoil, rule, says):
    error = refusal(tmp_path, child(DETAILS.format("")), spoil=spoil)
    assert error.rule == rule and says in error.reason
    assert not any(value in error.reason for value in ("C1", "2010-05-01", "SecretName"))


def test_entities_that_grow_without_end_are_never_followed(tmp_path):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(12))
    error = refusal(
        tmp_path, child(DETAILS.format("")),
        spoil=lambda text: f"<!DOCTYPE Message [{laughs}]>" + text.replace("C1", "&l11;"),
    )  # fmt: skip
    assert error.rule == "XML-DOCTYPE"


def test_from_2024_sex_takes_the_place_of_gender(tmp_path):
    def of_2024(text: str) -> str:
        return text.replace("2022<", "2024<").replace("2022-03-31", "2024-03-31")

    new = IDENTIFIERS.replace("<GenderCurrent>2</GenderCurrent>", "<Sex>F</Sex>")
    parts = census(tmp_path, child(DETAILS.format(""), identifiers=new), year=2024, spoil=of_2024)
    [person] = rows(parts["Child"])
    assert person["sex"] == "F" and "gendercurrent" not in person
    error = refusal(tmp_path, child(DETAILS.format("")), year=2024, spoil=of_2024)
    assert error.rule == "XML-YEAR" and "element GenderCurrent" in error.reason and "up to 2023" in error.reason


def test_what_is_undeclared_is_said_and_what_the_header_lacks_too(tmp_path):
    more = DETAILS.format("<Hobby>chess</Hobby>")
    parts = census(tmp_path, child(more), header="")
    assert parts["CINdetails"].notes == ("element Hobby is not declared: not loaded, kept in the archive",)
    assert "no header" in parts["Child"].notes[0] and parts["Header"].rows == 0


def test_namespaces_comments_and_time_zones_do_not_matter(tmp_path):
    parts = census(
        tmp_path, child(DETAILS.format("")),
        spoil=lambda text: text.replace("<Message>", '<Message xmlns="urn:cin">')
        .replace("2010-05-01", "<!-- born -->2010-05-01Z").replace("<Child>", "<?x y?><Child>"),
    )  # fmt: skip
    assert rows(parts["Child"])[0]["personbirthdate"] == "2010-05-01"


def test_a_document_without_end_and_without_children_is_not_read_on(tmp_path, monkeypatch):
    monkeypatch.setattr(xml_records, "_MOST_UNSEEN", 1 << 20)
    error = refusal(tmp_path, *["<Pupil><UPN>A1</UPN></Pupil>"] * 50_000)
    assert error.rule == "XML-ROOT" and "1 MB went by without a Child" in error.reason
    # As many children are no reason to stop.
    assert census(tmp_path, *[child(DETAILS.format(""))] * 3_000)["Child"].rows == 3_000


def test_memory_does_not_grow_with_the_document(tmp_path):
    def peak(children: int) -> int:
        """Megabytes, of a process that reads as many."""
        path = tmp_path / f"{children}.xml"
        path.write_text(
            f"<Message>{HEADER}<Children>"
            + "".join(child(DETAILS.format(PLAN)).replace("C1", f"C{number}") for number in range(children))
            + "</Children></Message>"
        )
        program = (
            "import resource, sys; from pathlib import Path; from tests.landing.formats.reading import read\n"
            "parts = read(Path(sys.argv[1]), 'cin_census.xml', 2022, Path(sys.argv[2]))\n"
            "print(parts['CPPreviewDate'].rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(path), str(tmp_path)], cwd=PROJECT, check=True, capture_output=True,
            text=True,
        )  # fmt: skip
        reviews, megabytes = map(int, done.stdout.split())
        assert reviews == 2 * children
        return megabytes

    # Held as a whole the document would take some 300 MB.
    assert peak(25_000) - peak(100) < 100


@pytest.mark.skipif(not SAMPLE.exists(), reason="WAREHOUSE_CIN_SAMPLES names no folder")
def test_a_census_made_by_others_is_read_whole(tmp_path):
    parts = read(SAMPLE, "cin_census.xml", 2022, tmp_path)
    root = etree.parse(SAMPLE).getroot()
    for part, element in (("Child", "Child"), ("Disability", "Disability"), ("CINdetails", "CINdetails")):
        assert parts[part].rows == len(root.findall(f".//{element}")) > 100
        assert not parts[part].unreadable
    referrals = {
        (person.findtext(".//LAchildID"), details.findtext("CINreferralDate"), details.findtext("ReferralSource"))
        for person in root.iter("Child") for details in person.iter("CINdetails")
    }  # fmt: skip
    found = {(each["lachildid"], each["cinreferraldate"], each["referralsource"]) for each in rows(parts["CINdetails"])}
    assert found == referrals
    # Its reference date is a day in July.
    assert parts["Child"].notes == ("the header's reference date is not 31 March",)
    with pytest.raises(FileRefused, match="XML-YEAR"):
        read(SAMPLE, "cin_census.xml", 2021, tmp_path)
