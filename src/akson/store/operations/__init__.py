"""What operations ask of many resources at once: $everything, $export, $expunge, $lastn, $meta, $reindex; and a look with its row of the log."""
