"""Read models from the event stream: lists, timelines, raw messages."""
