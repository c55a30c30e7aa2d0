-- Whether a document that is taken over is here already.
CREATE INDEX documents_seq_no ON documents (tenant_id, kind, seq_no) WHERE seq_no IS NOT NULL;
