"""A home of three persons, landed once, for the tests of what people may ask for and what ends."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from childrens_warehouse.landing.identifiers import upn_check_letter
from childrens_warehouse.settings import Settings
from tests.conftest import KEY, Supplier

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n"
EPISODES = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
UPNS = [upn_check_letter(f"3102701130{n:02}") + f"3102701130{n:02}" for n in range(4)]
PUPILS = (
    "upn,former_upn,child_id,forename,surname,date_of_birth,sex,ethnicity,postcode,sen_provision,sen_primary_need,"
    "free_school_meals,nhs_number\n"
)
# Looked after, born in 1940 and in 2005; never looked after, born in 1940.
OLD, YOUNG, KNOWN_TO_SCHOOLS = "7", "8", UPNS[1]


@pytest.fixture(scope="session")
def three_persons(tmp_path_factory) -> Path:
    """Two nights of three persons; a pupil's register; a refused file. Landed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_HOME", str(tmp_path_factory.mktemp("kept") / "home"))
        patch.setenv("WAREHOUSE_PSEUDONYM_KEY", KEY)
        settings = Settings.from_environment()
        settings.home.create()
        one = Supplier(settings)
        header = HEADER + f"{OLD},1,17/06/1940,WBRI,{UPNS[0]},,\n{YOUNG},2,18/06/2005,WBRI,,,\n"
        episodes = EPISODES + (
            f"{OLD},01/02/1950,S,C2,N1,U1,PR1,03/03/1955,E4B,,HA1 1AA,HA1 1AB,\n"
            f"{YOUNG},01/02/2016,S,C2,N1,U1,PR1,,,,HA2 2AA,HA2 2AB,\n"
        )
        pupils = PUPILS + (
            f"{UPNS[0]},,{OLD},Canary,Yellowbird,1940-06-17,1,WBRI,HA1 1AA,N,,N,943 476 5919\n"
            f"{KNOWN_TO_SCHOOLS},,,Other,Redbird,1940-06-20,2,WBRI,HA3 3AA,N,,N,\n"
            f"{UPNS[2]},,{YOUNG},Third,Bluebird,2005-06-18,2,WBRI,HA2 2AA,N,,N,\n"
        )
        marks = "upn,school_urn,date,session,supplier,mark\n"
        marks += "".join(f"{upn},100001,2017-05-30,AM,sims,/\n" for upn in UPNS[:3])
        schools = "urn,name,phase,la_code,postcode,opened_on,closed_on\n100001,One,primary,310,HA1 2ZZ,,\n"
        one.deliver("social_care", "2017-05-30", {"header.csv": header, "episodes.csv": episodes})
        one.deliver("education", "2017-05-30", {"pupils.csv": pupils, "attendance.csv": marks, "schools.csv": schools})
        one.deliver("education", "2017-05-31", {"pupils.csv": pupils.replace("Third", "Fourth")})
        one.deliver("education", "2017-06-01", {"pupils.csv": "upn\nX\n"})
        outcomes = [one.land(source, "2017-06-01") for source in ("social_care", "education")]
        assert [each.status for found in outcomes for each in found.values()].count("refused") == 1
    return settings.home.root


@pytest.fixture
def keeper(settings, three_persons) -> Supplier:
    """Of a copy of that home."""
    shutil.rmtree(settings.home.root)
    shutil.copytree(three_persons, settings.home.root)
    return Supplier(settings)
