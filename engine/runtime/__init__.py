"""Who runs the pipeline: in this process, with worker threads."""
