"""Papers as PDF (PDF/UA): a template of ours and content as data; `press.py` is the whole of it."""
