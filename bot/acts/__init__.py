"""What people did: folds over the ledger, who may add to it, and what a line was about."""
