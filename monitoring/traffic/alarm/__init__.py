"""The rules by which traffic is usual or not: pure, so that four weeks of it are judged in a second."""
