"""Sample résumés as files: content written as data (``content``) drawn as PDF, DOCX, TXT or a scanned page."""
