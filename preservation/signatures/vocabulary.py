"""Makes every finding about signatures known, so that stored ones speak in sentences wherever they are shown.

A finding stores its code; its sentence, and whether it leaves something undecided, is registered by the module that
makes it. Those modules run in the worker, so whoever reads what the worker said imports this one.
"""

import preservation.cms.findings
import preservation.evidence.findings
import preservation.signatures.cades
import preservation.signatures.containers.findings
import preservation.signatures.findings
import preservation.signatures.judging.findings
import preservation.signatures.pdf.findings
import preservation.signatures.smime
import preservation.signatures.xml.findings
import preservation.timestamps.findings
import preservation.trust.collect
import preservation.trust.findings
import preservation.trust.lists  # noqa: F401 (all are imported for what they register)
