"""Who acts, token checks, the rules of tjenstlig behov, the decision, audit."""
