from tests.unit.archive.test_handover import *
from tests.unit.archive import test_handover as th
from tests.fakes.catalogue_databases import new_database
import pytest
@pytest.fixture
def archive(tmp_path):
    with new_archive(tmp_path / "archive", database=new_database("postgresql", tmp_path)) as opened:
        for number, code in enumerate(CODES):
            case = {**PERMANENT, "startDate": f"01/01/{2020 + number}", "endDate": f"31/12/{2020 + number}"}
            make_case_folder(tmp_path / "in" / code, code, documents=2, case=case)
        make_case_folder(tmp_path / "in" / "short", "H49.64.2020.9", documents=1)
        for report in take_in(opened, tmp_path / "in"):
            assert report.aip_id is not None, report
        yield opened
