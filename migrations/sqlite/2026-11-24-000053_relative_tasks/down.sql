DROP TABLE task_reads;
DROP TABLE relative_tasks;
