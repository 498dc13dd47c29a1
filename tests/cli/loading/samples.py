"""Small files of every kind that the loader reads, all invented."""

import json
import zipfile
from pathlib import Path

LOINC_HEAD = (
    "LOINC_NUM",
    "COMPONENT",
    "PROPERTY",
    "SYSTEM",
    "CLASS",
    "STATUS",
    "SHORTNAME",
    "LONG_COMMON_NAME",
    "VersionLastChanged",
)


def csv(path, head, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(f'"{cell}"' for cell in row) for row in (head, *rows)]
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")


def loinc(folder):
    """Three terms, one of them deprecated, a hierarchy of parts, an answer list."""
    csv(
        folder / "LoincTable" / "Loinc.csv",
        LOINC_HEAD,
        (
            "100-1",
            "Sugar",
            "MCnc",
            "Bld",
            "CHEM",
            "ACTIVE",
            "Sugar Bld",
            "Sugar, made up [Mass] in Blood",
            "2.9",
        ),
        ("101-9", "Salt", "MCnc", "Bld", "CHEM", "ACTIVE", "Salt Bld", "Salt in Blood", "2.80"),
        ("102-7", "Spice", "MCnc", "Ur", "UA", "DEPRECATED", "Spice Ur", "Spice in Urine", "2.10"),
    )
    csv(
        folder / "AccessoryFiles" / "PanelsAndForms" / "Loinc.csv",
        LOINC_HEAD,
        ("100-1", "Sugar", "MCnc", "Bld", "CHEM", "ACTIVE", "", "Of a panel", "1.0"),
    )
    csv(
        folder / "AccessoryFiles" / "ComponentHierarchyBySystem" / "ComponentHierarchyBySystem.csv",
        ("PATH_TO_ROOT", "SEQUENCE", "IMMEDIATE_PARENT", "CODE", "CODE_TEXT"),
        ("", "1", "", "LP1-1", "Kitchen"),
        ("LP1-1", "1", "LP1-1", "LP2-2", "Sweet"),
        ("LP1-1.LP2-2", "1", "LP2-2", "100-1", "Sugar"),
        ("LP1-1", "2", "LP1-1", "101-9", "Salt"),
    )
    csv(
        folder / "AccessoryFiles" / "AnswerFile" / "AnswerList.csv",
        ("AnswerListId", "AnswerListName", "AnswerStringId", "DisplayText"),
        ("LL1-1", "Taste", "LA1-1", "Good"),
        ("LL1-1", "Taste", "LA2-2", "Bad"),
    )
    return folder


VOLVEN = {
    "2.16.578.1.12.4.1.1.9999": {"1": "Ja", "2": "Nei"},
    "2.16.578.1.12.4.1.1.7110": {"X00": "Plage", "X00.1": "Plage i kne", "X01": "Annen plage"},
}

FEST = """<?xml version="1.0" encoding="UTF-8"?>
<FEST xmlns="http://www.kith.no/xmlstds/eresept/m30/2014-12-01" xmlns:f="http://www.kith.no/xmlstds/eresept/forskrivning/2014-12-01">
 <HentetDato>2026-10-15T10:00:00</HentetDato>
 <KatLegemiddelMerkevare>
  <OppfLegemiddelMerkevare><Id>ID_1</Id><Tidspunkt>2026-01-01</Tidspunkt><Status V="A" DN="Aktiv"/>
   <LegemiddelMerkevare><f:Atc V="N02BE01" S="2.16.578.1.12.4.1.1.7180" DN="Paracetamol"/>
    <f:NavnFormStyrke>Smertefri  Tab 500 mg</f:NavnFormStyrke><Id>ID_AAA</Id><Varenavn>Smertefri</Varenavn></LegemiddelMerkevare>
  </OppfLegemiddelMerkevare>
  <OppfLegemiddelMerkevare><Id>ID_2</Id><Status V="U" DN="Utgått"/>
   <LegemiddelMerkevare><f:NavnFormStyrke>Gammel Mikst</f:NavnFormStyrke><Id>ID_BBB</Id></LegemiddelMerkevare>
  </OppfLegemiddelMerkevare>
 </KatLegemiddelMerkevare>
 <KatKodeverk>
  <OppfKodeverk><Id>ID_3</Id><Status V="A" DN="Aktiv"/>
   <Info><Id>2.16.578.1.12.4.1.1.7180</Id><Betegnelse>ATC</Betegnelse></Info>
   <Element><Id>E1</Id><Kode>N</Kode><Term>Nervesystemet</Term></Element>
   <Element><Id>E2</Id><Kode>N02</Kode><Term>Analgetika</Term></Element>
  </OppfKodeverk>
 </KatKodeverk>
</FEST>
"""


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return path


def zipped(folder, path):
    """A zip archive of a folder."""
    with zipfile.ZipFile(path, "w") as archive:
        for each in sorted(Path(folder).rglob("*")):
            if each.is_file():
                archive.write(each, each.relative_to(folder))
    return path
