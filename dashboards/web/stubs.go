package web

func (s *server) sloPage(*request) (answer, error)      { return answer{}, ErrNotFound }
func (s *server) incidentPage(*request) (answer, error) { return answer{}, ErrNotFound }
func (s *server) findingPage(*request) (answer, error)  { return answer{}, ErrNotFound }
func (s *server) timeline(*request) (answer, error)     { return answer{}, ErrNotFound }
func (s *server) reports(*request) (answer, error)      { return answer{}, ErrNotFound }
func (s *server) archived(*request) (answer, error)     { return answer{}, ErrNotFound }
func apiRoutes() []route                                { return nil }

type Declarer interface{}
