"""What a run did, for people: an HTML page, and tables for the terminal."""

from curator.report.ledger import ledger_summary
from curator.report.report import write_report
from curator.report.table import closing_table

__all__ = ["closing_table", "ledger_summary", "write_report"]
