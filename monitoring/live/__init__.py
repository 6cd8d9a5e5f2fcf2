"""Events as they come in, before and after they are judged: a page that goes on by itself."""
