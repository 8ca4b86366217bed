"""`python -m streams` is `pulse`."""

from streams.cli import main

if __name__ == "__main__":
    main()
