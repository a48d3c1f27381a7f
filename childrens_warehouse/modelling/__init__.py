"""For whoever writes models: the house rules as checks, new models from templates, a sandbox, the documentation."""
