"""The interactions of the RESTful API, one a module, and what several of them need."""
