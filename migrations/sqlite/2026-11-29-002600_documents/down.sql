DROP TABLE documents_refused;
DROP TABLE task_documents;
DROP TABLE visit_documents;
DROP TABLE documents;
