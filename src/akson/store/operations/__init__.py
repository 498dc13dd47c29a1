"""What operations ask of many resources at once: $everything, $export, $expunge, $lastn, $meta, $reindex."""
