"""A page that draws what a stream's store holds: a measure over time, split and filtered, bounded in rows and seconds."""
